"""Credit on certified facts: features, rules, points card, borrowing base, price, match, decision record, loan account (PRODUCT 2).

Pure: no database, no network, no clock. `gateway.service.lending` supplies what these judge. No probability of default is claimed.
"""
