package order

import (
	"regexp"
	"strings"
	"unicode"
)

// FindsAccount reports whether the text of an offline contract names a
// receiving account (A10). It is a heuristic, and the default of
// Policy.FindsAccount, through which a platform may replace it.
//
// It finds an IBAN with the right length and check digits; a number of at least
// six digits, which spaces and hyphens may separate, a few characters after a
// label such as "A/C No.", "beneficiary account" or 收款账号, and there also one
// that is written like the IBAN of any state; a SWIFT code, called so, near such
// a label; a sort code of the United Kingdom or a routing number of the United
// States, called so, beside a number; and a Mexican CLABE with its check digit.
// Not found are dates, amounts with a decimal point, numbers with a plus sign,
// numbers that other words name, such as those of telephones or orders, and the
// accounts of messengers or log-ins.
//
// The text may be of any length and need not be valid UTF-8. The time is linear
// in its length.
func FindsAccount(text string) bool {
	s := accountScan{text: flatten(text)}
	for i := 0; i < len(s.text); {
		switch c := s.text[i]; {
		case isDigit(c):
			if s.account(i, i) || s.isBareCLABE(i) {
				return true
			}
			i = numberEnd(s.text, i)
		case isLetter(c):
			end := wordEnd(s.text, i)
			if isIBAN(s.text[i:]) || s.likeIBAN(i) || s.nonResident(i, end) || s.swift(i, end) || s.bankCode(i, end) {
				return true
			}
			i = end
		default:
			i++
		}
	}
	return false
}

const (
	// minAccount is the smallest number of digits of an account.
	minAccount = 6
	// labelWindow is how far before a number its label may begin, in bytes.
	labelWindow = 96
	// codeRange is how far a SWIFT code may be from a label, in bytes.
	codeRange = 240
	// maxLabel bounds the length of a label, in bytes.
	maxLabel = 40
)

const (
	// numberLabel matches words before the number of an account.
	numberLabel = `(?:(?:account|acct|acc|a/c|ac)\.?[\s-]?(?:nos?|nr|num|numbers?)\b\.?` +
		`|(?:account|acct|acc|a/c)\.?\s?[#№]|[账帐賬帳][号號]|卡[号號])`
	// nameLabel matches the name of an account, whose number need not follow.
	nameLabel = `(?:(?:bank|beneficiary|receiving|payee)['’s]{0,2}\s(?:account|acct|a/c)\b` +
		`|(?:a/c|acct)\b|account\s?[:(]|[账帐賬帳][户戶])`
	// labelBridge matches the words between a nameLabel and the number.
	labelBridge = `(?:[\s:#()./=,、-]|\b(?:no|number|is|of|the|at|in|with|our|seller|supplier|beneficiary|company|bank|` +
		`currency|usd|eur|cny|rmb|cnh|hkd|gbp|jpy|aud|cad|sgd|chf)\b|` +
		`为|為|是|人民币|人民幣|美元|美金|欧元|歐元|外币|外幣|如下){0,12}`
)

var (
	anyLabel = regexp.MustCompile(`(?i)^(?:` + numberLabel + `|` + nameLabel + `)`)
	// accountLabels match from a label to the number. A few words of any kind may follow a
	// numberLabel, such as the name of a bank, but not the end of a sentence.
	accountLabels = [...]*regexp.Regexp{
		regexp.MustCompile(`(?i)^` + numberLabel + `([^.;!?。]{0,32})$`),
		regexp.MustCompile(`(?i)^` + nameLabel + `(` + labelBridge + `)$`),
	}

	// notBanks matches words before the label of an account that takes no payments.
	notBanks = regexp.MustCompile(`(?i)(?:微信|qq|旺旺|登录|登陆|登錄|会员|會員|用户|用戶|` +
		`\b(?:wechat|whatsapp|skype|log-?in|user|member|membership))['’s]{0,2}\s?$`)
	// notAccounts matches words before a number of something else.
	notAccounts = regexp.MustCompile(`(?i)\b(?:tel|telephone|phone|mobile|cell|fax|whatsapp|wechat|dated?|order|` +
		`invoice|contract|po|p/o|hs|amount|total|sum|tax|vat|zip|post|quantity|qty|l/c|than)\b|` +
		`电话|電話|手机|手機|传真|傳真|日期|合同|订单|訂單|发票|發票|金额|金額|总额|總額|合计|合計|数量|數量|` +
		`编码|編碼|编号|編號|税号|稅號|邮编|郵編|身份证|身份證|护照|護照|微信`)
)

// accountScan is a pass over a text. It searches each part of it for labels once:
// judged is the end of the last number that was checked, sought the end of the
// last part that was searched for labels near SWIFT codes.
type accountScan struct {
	text           string
	judged, sought int
}

// account reports whether the number at digits, whose text begins at start, has
// the form and the label of an account.
func (s *accountScan) account(start, digits int) bool {
	end := numberEnd(s.text, digits)
	if !isAccountNumber(s.text, digits, end) {
		return false
	}
	return s.labelled(start, end)
}

// labelled reports whether the label of an account stands before the number from start to end.
func (s *accountScan) labelled(start, end int) bool {
	from := max(s.judged, start-labelWindow)
	s.judged = end
	for i := start - 1; i >= from; i-- {
		if !mayStartLabel(s.text, i) {
			continue
		}
		for _, label := range accountLabels {
			// The last label before the number decides.
			if m := label.FindStringSubmatchIndex(s.text[i:start]); m != nil {
				return !notBanks.MatchString(s.text[from:i]) && !notAccounts.MatchString(s.text[i+m[2]:start])
			}
		}
	}
	return false
}

// nonResident reports whether the word is a labelled number after the letters
// with which Chinese banks mark non-resident, offshore and free trade accounts.
func (s *accountScan) nonResident(start, end int) bool {
	if end-start <= len("NRA") || !isDigit(s.text[start+3]) {
		return false
	}
	switch strings.ToUpper(s.text[start : start+3]) {
	case "NRA", "OSA", "FTE", "FTN", "FTU":
		return s.account(start, start+3)
	}
	return false
}

// swift reports whether the word begins a SWIFT code, called so, near the label of
// an account.
func (s *accountScan) swift(start, end int) bool {
	word := s.text[start:end]
	if !strings.EqualFold(word, "swift") && !strings.EqualFold(word, "bic") || !namesCode(s.text[end:]) {
		return false
	}
	// There is no label in the part that was searched before.
	i := max(0, start-codeRange, s.sought)
	s.sought = min(len(s.text), end+codeRange)
	for ; i < s.sought; i++ {
		if mayStartLabel(s.text, i) && anyLabel.MatchString(s.text[i:min(len(s.text), i+maxLabel)]) {
			return true
		}
	}
	return false
}

// namesCode reports whether a code of that form follows in the text after the
// word SWIFT or BIC, with a colon or certain words between them.
func namesCode(text string) bool {
	named := false
	for range 8 {
		rest := strings.TrimLeft(text[:min(len(text), 8)], " /.-:#=(")
		skipped := min(len(text), 8) - len(rest)
		named = named || strings.ContainsAny(text[:skipped], ":#=(")
		text = text[skipped:]
		end := wordEnd(text, 0)
		switch strings.ToLower(text[:min(end, 8)]) {
		case "swift", "bic", "code", "no", "number", "address":
			named = true
		case "":
			for _, word := range [...]string{"代码", "代碼", "代号", "代號", "号码", "號碼", "号", "號"} {
				if strings.HasPrefix(text, word) {
					named, end = true, len(word)
					break
				}
			}
			if end == 0 {
				return false
			}
		default:
			return named && isSWIFTCode(text[:end])
		}
		text = text[end:]
	}
	return false
}

// isSWIFTCode reports whether the word is written like a SWIFT code (ISO 9362).
func isSWIFTCode(word string) bool {
	if len(word) != 8 && len(word) != 11 {
		return false
	}
	for i := range len(word) {
		if c := word[i]; !('A' <= c && c <= 'Z' || i >= 6 && isDigit(c)) {
			return false
		}
	}
	return true
}

// mayStartLabel reports whether a label may begin at i; patterns are slow, and
// this rules out most places of a text.
func mayStartLabel(text string, i int) bool {
	switch text[i] {
	case 'a', 'A', 'b', 'B', 'p', 'P', 'r', 'R':
		return i == 0 || !isLetter(text[i-1]) && !isDigit(text[i-1])
	case "账"[0], "帐"[0]:
		return i+len("账") <= len(text) && strings.Contains("账帐賬帳卡", text[i:i+len("账")])
	}
	return false
}

// isAccountNumber reports whether the number from start to end has the form of
// an account's.
func isAccountNumber(text string, start, end int) bool {
	// One digit more than a date has is enough to know that it is not one.
	digits := make([]byte, 0, len("YYYYMMDD")+1)
	for i := start; i < end && len(digits) < cap(digits); i++ {
		if isDigit(text[i]) {
			digits = append(digits, text[i])
		}
	}
	if len(digits) < minAccount || isDate(string(digits)) {
		return false
	}
	if start > 0 && text[start-1] == '+' {
		return false
	}
	if start > 1 && isPoint(text[start-1]) && isDigit(text[start-2]) {
		return false
	}
	rest := text[end:]
	for _, unit := range [...]string{"%", "元", "万", "萬"} {
		if strings.HasPrefix(strings.TrimPrefix(rest, " "), unit) {
			return false
		}
	}
	return rest == "" || !isLetter(rest[0]) && !(isPoint(rest[0]) && len(rest) > 1 && isDigit(rest[1]))
}

// isDate reports whether the digits are a day of the years 1900 to 2199, year
// first or last.
func isDate(digits string) bool {
	if len(digits) != 8 {
		return false
	}
	between := func(s, low, high string) bool { return low <= s && s <= high }
	month := func(s string) bool { return between(s, "01", "12") }
	day := func(s string) bool { return between(s, "01", "31") }
	year := func(s string) bool { return between(s, "1900", "2199") }
	return year(digits[:4]) && month(digits[4:6]) && day(digits[6:]) ||
		year(digits[4:]) && (day(digits[:2]) && month(digits[2:4]) || month(digits[:2]) && day(digits[2:4]))
}

// numberEnd returns the end of the number that begins at i: digits, with at most
// one space or hyphen between two of them.
func numberEnd(text string, i int) int {
	for i++; i < len(text); i++ {
		if isDigit(text[i]) {
			continue
		}
		if text[i] != ' ' && text[i] != '-' || i+1 == len(text) || !isDigit(text[i+1]) {
			break
		}
	}
	return i
}

// wordEnd returns the end of the word of letters and digits that begins at i.
func wordEnd(text string, i int) int {
	for i < len(text) && (isLetter(text[i]) || isDigit(text[i])) {
		i++
	}
	return i
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isPoint(c byte) bool  { return c == '.' || c == ',' }
func isHan(r rune) bool    { return r >= 0x2e80 && unicode.Is(unicode.Han, r) }

// flatten returns the text in the form of the scan: full-width forms and dashes as
// ASCII, white space as one space, nothing invisible, and no spaces between Chinese
// characters, which contracts often have for layout. A line break is a space like any
// other, since lines are broken where the layout has it (D67).
func flatten(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	var space bool // whether there is white space that is not written yet
	var han bool   // whether the last character was Chinese
	for _, r := range text {
		switch {
		case r > ' ' && r < 0x7f:
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		case unicode.Is(unicode.Cf, r):
			continue
		case '！' <= r && r <= '～':
			r -= '！' - '!'
		case '\u2010' <= r && r <= '\u2015' || r == '\u2212':
			r = '-'
		}
		next := isHan(r)
		if space && !(han && next) {
			b.WriteByte(' ')
		}
		space, han = false, next
		b.WriteRune(r)
	}
	return b.String()
}
