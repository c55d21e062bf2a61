package home

import "bytes"

const certificateFile = "erasure.jws"

// Certificate returns the stored certificate of an erasure, and false if there is none.
func (h *Home) Certificate() (string, bool, error) {
	b, found, err := h.read(certificateFile)
	return string(bytes.TrimSpace(b)), found, err
}

// SetCertificate stores a verified certificate.
func (h *Home) SetCertificate(jws string) error { return h.write(certificateFile, []byte(jws+"\n")) }

// CertificateFile is where it is stored.
func (h *Home) CertificateFile() string { return h.path(certificateFile) }
