"""What an analysis holds: its values, their JSON form, and the catalogue that names and explains each."""
