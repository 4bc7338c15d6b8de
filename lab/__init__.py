"""A laboratory on localhost: control plane, kubelet, Ideogram simulator, sample applications."""
