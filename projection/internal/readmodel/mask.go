package readmodel

import "strings"

const mask = "***"

// MaskEmail returns the first letter and the domain of an address.
func MaskEmail[S ~string](address S) S {
	local, domain, ok := strings.Cut(string(address), "@")
	if !ok {
		return MaskName(address)
	}
	return MaskName(S(local)) + "@" + S(domain)
}

// MaskName returns the first letter of a name. An empty name stays empty.
func MaskName[S ~string](name S) S {
	for _, first := range string(name) {
		return S(first) + mask
	}
	return ""
}

// MaskNumber returns the last four characters of the number of an account or card, or no character
// if the number has eight or fewer. An empty number stays empty.
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
