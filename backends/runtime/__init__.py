"""Jobs on IBM hardware: their cost, the ledger of them, submission and collection."""
