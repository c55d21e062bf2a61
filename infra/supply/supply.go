// Package supply is what the project can prove of what it is made of: that two builds
// are the same bytes, and under which licences the modules come that are built in. It is
// tests only; `make repro`, `make sbom`, `make vuln` and `make licences` are its long
// forms.
package supply
