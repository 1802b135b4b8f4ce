"""Starting and stopping an embedded cluster: its process, its folder on disk, its certificates."""
