"""Jobs on IBM hardware: what they cost, where they are noted down, how they are got back."""
