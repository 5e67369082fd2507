package readmodel

import "strings"

const mask = "***"

// MaskEmail returns an address with nothing of it but its first letter and its domain.
func MaskEmail[S ~string](address S) S {
	local, domain, ok := strings.Cut(string(address), "@")
	if !ok {
		return MaskName(address)
	}
	return MaskName(S(local)) + "@" + S(domain)
}

// MaskName returns a name with nothing of it but its first letter. An empty one stays empty.
func MaskName[S ~string](name S) S {
	for _, first := range string(name) {
		return S(first) + mask
	}
	return ""
}

// MaskNumber returns the number of an account or card with nothing of it but its last four
// characters, and not even these if there are no more than eight. An empty one stays empty.
func MaskNumber[S ~string](number S) S {
	const shown = 4
	switch {
	case number == "":
		return ""
	case len(number) <= 2*shown:
		return mask
	default:
		return mask + S(strings.ToValidUTF8(string(number[len(number)-shown:]), ""))
	}
}
