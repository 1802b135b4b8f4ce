"""The embedded cluster: a small process that speaks the Kubernetes API; its pods are processes of this machine.

``apiserver/`` answers, ``controlplane`` drives ``autoscale.plane``, ``kubelet/`` starts and ends pods, ``proxy/`` leads
Services to them, ``launch/`` starts the whole. Run it with ``python -m autoscale.embedded`` or ``autoscale cluster``.
"""
