"""Where an organisation's account signs (`places`), and what acts for it there (`signatory`, `web3signer`, `browser`)."""
