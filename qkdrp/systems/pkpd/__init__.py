"""The system ``pkpd``: time courses of a drug and a biomarker, and the dose that follows."""
