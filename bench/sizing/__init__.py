"""What a deployment needs: from a scenario and a machine's profile to cores, servers and euros."""
