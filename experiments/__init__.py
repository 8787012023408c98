"""Studies: repeated, resumable runs of the whole pipeline that answer a question."""
