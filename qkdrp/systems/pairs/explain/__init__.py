"""What a model of pairs relies on: features of the line, and atoms of the drug's molecule."""
