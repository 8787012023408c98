import pytest

pytest.importorskip("rdkit", reason="the system pairs needs the extra graph")
pytest.importorskip("torch_geometric", reason="the system pairs needs the extra graph")
