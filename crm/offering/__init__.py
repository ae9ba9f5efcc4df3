"""Which offer is made: its facts, candidates, ranking and outcome; whether, crm/eligibility.py."""
