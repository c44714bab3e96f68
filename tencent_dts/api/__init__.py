"""Talking to DTS: one client, its pace, its answers, and who it talks for."""
