"""The system ``pkpd``: time courses of concentration and biomarker after doses of a drug."""
