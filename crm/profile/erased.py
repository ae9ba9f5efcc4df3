"""How somebody who was erased is recognised, and what stands in their place."""

import hashlib

ERASED = "erased-"  # begins the id of the customer without name who keeps the books right


def digest_of(customer_id: str) -> str:
    """Name an erased customer so that an import recognises them, and nobody else does."""
    return hashlib.sha256(f"erased customer {customer_id}".encode()).hexdigest()
