"""Documents to facts, commitment, encrypted content and certified assets; and the verifier."""
