package order

// isIBAN reports whether the text begins with an international bank account
// number: of the length of its country, with right check digits, and with
// nothing but single spaces or hyphens between its characters.
func isIBAN(text string) bool {
	if len(text) < 4 || !isLetter(text[0]) || !isLetter(text[1]) || !isDigit(text[2]) || !isDigit(text[3]) {
		return false
	}
	length := ibanLength(upperCase(text[0]), upperCase(text[1]))
	if length == 0 {
		return false
	}
	var iban [maxIBAN]byte
	n, i := 0, 0
	for ; n < length; i++ {
		switch {
		case i == len(text):
			return false
		case isLetter(text[i]) || isDigit(text[i]):
			iban[n] = upperCase(text[i])
			n++
		case text[i] != ' ' && text[i] != '-' || text[i-1] == ' ' || text[i-1] == '-':
			return false
		}
	}
	if i < len(text) && (isLetter(text[i]) || isDigit(text[i])) {
		return false
	}
	return remainder97(iban[4:length], iban[:4]) == 1
}

// remainder97 returns the remainder by 97 of the number that the characters
// write, with 10 for A, 11 for B and so on (ISO 7064).
func remainder97(parts ...[]byte) int {
	rest := 0
	for _, part := range parts {
		for _, c := range part {
			if isDigit(c) {
				rest = (rest*10 + int(c-'0')) % 97
			} else {
				rest = (rest*100 + int(c-'A') + 10) % 97
			}
		}
	}
	return rest
}

func upperCase(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// maxIBAN is the greatest length in ibanLengths.
const maxIBAN = 33

// ibanLengths is each country of the IBAN registry with the length of its numbers.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24" +
	"FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25" +
	"MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23" +
	"ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// ibanLength returns the length of a country's numbers, or 0 if it has none.
func ibanLength(a, b byte) int {
	for i := 0; i < len(ibanLengths); i += 4 {
		if ibanLengths[i] == a && ibanLengths[i+1] == b {
			return int(ibanLengths[i+2]-'0')*10 + int(ibanLengths[i+3]-'0')
		}
	}
	return 0
}
