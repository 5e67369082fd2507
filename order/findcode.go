package order

import (
	"regexp"
	"strings"
)

// likeIBAN reports whether a number that is written like an IBAN begins at start, behind the label of
// an account or the word IBAN. States outside the registry write theirs like that, and no list of
// them is complete; the label stands in for the length and the check digits.
func (s *accountScan) likeIBAN(start int) bool {
	if named := start + len("iban"); named < len(s.text) && strings.EqualFold(s.text[start:named], "iban") {
		for named < len(s.text) && strings.IndexByte(" :.#=-", s.text[named]) >= 0 {
			named++
		}
		return isIBAN(s.text[named:]) || ibanForm(s.text[named:]) > 0
	}
	length := ibanForm(s.text[start:])
	return length > 0 && s.labelled(start, start+length)
}

const (
	minIBAN       = 15 // characters of the shortest number in the registry
	minIBANDigits = 10
)

// ibanForm returns the length of the number at the beginning of the text that is written like an
// IBAN: two letters, two digits, and groups of letters and digits behind single spaces or hyphens.
// It returns 0 if there is none. What has no digit ends it, but for one group of four letters.
func ibanForm(text string) int {
	if len(text) < minIBAN || !isLetter(text[0]) || !isLetter(text[1]) || !isDigit(text[2]) || !isDigit(text[3]) {
		return 0
	}
	end, characters, digits, bank := 0, 0, 0, false
	for start := 0; characters < maxIBAN; {
		next := wordEnd(text, start)
		found := 0
		for _, c := range []byte(text[start:next]) {
			if isDigit(c) {
				found++
			}
		}
		if next == start || found == 0 && (bank || next-start != 4) {
			break
		}
		bank = bank || found == 0
		characters, digits, end = characters+next-start, digits+found, next
		if next+1 >= len(text) || text[next] != ' ' && text[next] != '-' {
			break
		}
		start = next + 1
	}
	if characters < minIBAN || digits < minIBANDigits {
		return 0
	}
	return end
}

var (
	// sortCode and routing match from their name to the end of the code.
	sortCode = regexp.MustCompile(`(?i)^sort(?:ing)?[\s-]?codes?\b[^\d;]{0,16}\d{2}[\s-]?\d{2}[\s-]?\d{2}\b`)
	routing  = regexp.MustCompile(`(?i)^(?:routing|aba|rtn)\b[^\d;]{0,32}(\d{4}[\s-]?\d{4}[\s-]?\d|\d{3}[\s-]?\d{3}[\s-]?\d{3})\b`)
	clabe    = regexp.MustCompile(`(?i)^clabe\b[^\d;]{0,40}`)

	// besideCode matches a number of six to seventeen digits that words call an account, and
	// behindCode one that follows a code at once.
	besideCode = regexp.MustCompile(`(?i)\b(?:accounts?|acct|acc|a/c|checking|savings)\b[^\d;]{0,24}\d(?:[\s-]?\d){5,16}\b`)
	behindCode = regexp.MustCompile(`^[\s,/|()-]{1,4}\d(?:[\s-]?\d){6,16}\b`)

	// notCLABEs matches words before a number of eighteen digits that is something else.
	notCLABEs = regexp.MustCompile(`(?i)\b(?:declaration|customs|entry|tracking|waybill|awb|b/l|bl|licence|license|id)\b|` +
		`报关|報關|海关|海關|运单|運單|提单|提單|单号|單號|代码|代碼`)
)

// codeWindow is how far the number of an account may be from the code of its bank, in bytes.
const codeWindow = 64

// bankCode reports whether the word begins the code of a bank, called so, beside a number, or a CLABE.
func (s *accountScan) bankCode(start, end int) bool {
	rest := s.text[start:min(len(s.text), start+codeWindow)]
	var length int
	switch word := strings.ToLower(s.text[start:min(end, start+len("sorting")+1)]); word {
	case "sort", "sorting", "sortcode":
		length = len(sortCode.FindString(rest))
	case "routing", "aba", "rtn":
		if m := routing.FindStringSubmatchIndex(rest); m != nil && isRouting(rest[m[2]:m[3]]) {
			length = m[1]
		}
	case "clabe":
		number := start + len(clabe.FindString(rest))
		return number < len(s.text) && isDigit(s.text[number]) && isCLABE(s.text[number:numberEnd(s.text, number)])
	}
	if length == 0 {
		return false
	}
	before := s.text[max(0, start-codeWindow):start]
	after := s.text[start+length : min(len(s.text), start+length+codeWindow)]
	return besideCode.MatchString(before) || besideCode.MatchString(after) || behindCode.MatchString(after)
}

// isBareCLABE reports whether the number at start is a CLABE of one of the large banks without its
// name, and nothing says that it is another number. Their codes begin no identity card.
func (s *accountScan) isBareCLABE(start int) bool {
	if !strings.Contains(" 002 006 009 012 014 019 021 030 036 042 044 058 059 060 062 072 127 646 ",
		" "+s.text[start:min(len(s.text), start+3)]+" ") {
		return false
	}
	if !isCLABE(s.text[start:numberEnd(s.text, start)]) || start > 0 && (isPoint(s.text[start-1]) || s.text[start-1] == '+') {
		return false
	}
	before := s.text[max(0, start-codeWindow):start]
	return !notAccounts.MatchString(before) && !notCLABEs.MatchString(before)
}

// isCLABE reports whether the number has the eighteen digits of a CLABE, of which the last checks the
// others.
func isCLABE(number string) bool {
	digits, ok := onlyDigits(number, 18)
	if !ok {
		return false
	}
	sum := 0
	for i, d := range digits[:17] {
		sum += d * [...]int{3, 7, 1}[i%3] % 10
	}
	return (10-sum%10)%10 == digits[17]
}

// isRouting reports whether the number has the nine digits of a routing number, whose weighted sum
// ends in 0.
func isRouting(number string) bool {
	digits, ok := onlyDigits(number, 9)
	if !ok {
		return false
	}
	sum := 0
	for i, d := range digits {
		sum += d * [...]int{3, 7, 1}[i%3]
	}
	return sum > 0 && sum%10 == 0
}

// onlyDigits returns the digits of a number that may have spaces and hyphens, and whether there are
// that many.
func onlyDigits(number string, count int) (digits []int, ok bool) {
	if len(number) > 2*count {
		return nil, false
	}
	digits = make([]int, 0, count)
	for _, c := range []byte(number) {
		if isDigit(c) {
			digits = append(digits, int(c-'0'))
		}
	}
	return digits, len(digits) == count
}
