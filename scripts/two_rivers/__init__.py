"""The world "Two Rivers": ten organisations' 91 days of linked papers in real formats (PRODUCT.md, section 7).

A pure function of its seed: no network, no clock. `python -m scripts.two_rivers OUT` writes it; docs/two-rivers.md says
what is in it. Nothing here judges papers; the tests do, through the readers.
"""
