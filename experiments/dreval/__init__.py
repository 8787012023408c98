"""Our models in DrEval, the benchmark of drug response prediction (package ``drevalpy``)."""
