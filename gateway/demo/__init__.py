"""The demo: the world Two Rivers on a ledger of its own (`load`), and the story told with it on real parts (`tell`)."""

from __future__ import annotations

from gateway.demo.loading import load
from gateway.demo.stage import Step
from gateway.demo.story import Story, tell

__all__ = ["Step", "Story", "load", "tell"]
