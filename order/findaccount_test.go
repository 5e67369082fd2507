package order

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFindsAccount(t *testing.T) {
	for _, text := range []string{
		// IBANs need no label.
		"Pay to DE89 3704 0044 0532 0130 00.",
		"gb82west12345698765432",
		"GB82-WEST-1234-5698-7654-32",
		"IBAN：ＧＢ８２ WEST 1234 5698 7654 32",
		"款项汇至FR1420041010050500013M02606。",
		"NO9386011117947",
		"MT84MALT011000012345MTLCAST001S",

		// English labels.
		"Account No.: 6222021234567890123",
		"ACCOUNT NO 622202",
		"Account Number: 123-456789-838",
		"account number is 1234 5678 9012",
		"Account Nos.: 123456789",
		"Account-No: 123456789",
		"Account #123456789",
		"Account: 123456789",
		"Account (USD): 123456789",
		"A/C No.: 123456789",
		"A/C: 123456789",
		"a/c no. (USD) 123456789",
		"A／C No：１２３４５６７８９",
		"AC No. 123456789",
		"Acct. No. 123456789",
		"ACCT 123456789",
		"Acc. No. 123456789",
		"Beneficiary account 123456789",
		"Beneficiary's account: 123456789",
		"our bank account: USD 123456789",
		"bank\naccount\n123456789",
		"Account No. at Bank of China Hangzhou: 123456789",
		"Account No. (HSBC Hong Kong): 123-456789-838",
		"Account No.: NRA15618142010090",
		"A/C NO. nra1561 8142 0100 90",
		"Tel: 0571-88157999 A/C No.: 123456789",
		"Order No. 4500012345, account no. 123456789",
		"Account No. 20251315", // no such day
		"Account\u00a0No.\u200b: 123456789",
		"Account No.: 1234–5678–9012",
		"\xff\xfeAccount No.: 123456789\xff",

		// Chinese labels.
		"收款账号：6222021234567890123",
		"银行账号: 6222 0212 3456 7890 123",
		"账号6222021234567890123",
		"帐号：622202",
		"开户账号：1202-0212-0990-0012345",
		"卡号：6222021234567890123",
		"账    号：6222021234567890123",
		"账　号　：　６２２２０２１２３４",
		"收款帳號：6222021234567890123",
		"銀行賬號為6222021234567890123",
		"账户：6222021234567890123",
		"美元账户(USD) 6222021234567890123",
		"账号（中国银行杭州分行）：6222021234567890123",
		"账号（人民币）\n6222021234567890123",

		// Written like an IBAN, behind a label: no registry has all states.
		"beneficiary account CI93 CI00 8011 1301 1342 9120 0589",
		"Beneficiary account: CI93CI0080111301134291200589",
		"A/C SN08SN0100152000048500003035",
		"our bank account (EUR): GA21 4002 1010 0320 0189 0020 126 please",
		"Account No.: DE88 3704 0044 0532 0130 00", // a digit changed
		"收款账户：CM21 1000 2000 3002 7797 6315 008",
		"IBAN CI93 CI00 8011 1301 1342 9120 0589",
		"IBAN: ML13ML0160120102600100668497",
		"IBAN-MA64011519000001205000534921",
		"account: XX12 BANK 0012 3456 7890 1234",

		// No blank behind the word IBAN.
		"IBANDE89370400440532013000", "Please pay to ibanGB82 WEST 1234 5698 7654 32.", "IBANCI93CI0080111301134291200589",

		// Codes of banks with a number beside them.
		"Sort code 20-00-00, account 55779911",
		"SORT CODE: 200000 ACCOUNT 55779911",
		"sort-code 20 00 00 / 55779911",
		"acct 55779911 at sort code 20-00-00",
		"sortcode 20-00-00\n55779911",
		"Routing number 021000021, account 123456789",
		"ABA 021000021 / 1234567890",
		"ABA routing no. 0210-0002-1 checking 1234-5678",
		"account 000123456789, RTN 021000021",
		"ABA#: 021000021 Acct 12345678",

		// A CLABE has eighteen digits and checks itself.
		"CLABE 032180000118359719", "CLABE: 032 180 00011835971 9", "clabe interbancaria 646180157000000004",
		"Transfer to 002010077777777771.", "to BBVA 012 180 01523456789 8 in Mexico",

		// A line break is a blank.
		"DE89 3704 0044\n0532 0130 00",
		"Account No.: 6222 0212\r\n3456 7890",
		"收款账\n号：6222021234567890123",
		"SWIFT/BIC\nCode: BKCHCNBJ\nBank\naccount: see below",
		"合同编号：HT20250001，收款账号：6222021234567890123",
		"微信账号略，收款账号：6222021234567890123",
		"支付宝账号：13800138000",

		// A SWIFT code counts with a label near it.
		"Beneficiary account with Bank of China, SWIFT: BKCHCNBJ910",
		"SWIFT/BIC Code: BKCHCNBJ\nBank account: see below",
		"Swift No. BKCHCNBJ, account number as agreed",
		"BIC=DEUTDEFF500 A/C as advised",
		"SWIFT代码：BKCHCNBJ，账号另附",
	} {
		if !FindsAccount(text) {
			t.Errorf("no account found in %q", text)
		}
	}
}

func TestFindsNoAccount(t *testing.T) {
	for _, text := range []string{
		"", " ", "\xff\xff", "线下合同中不要写收款账号。", "No account number shall be written here.",

		// Numbers of other things, without a label or in spite of one.
		"HS code 8471300000", "HS编码：8471.30.00", "商品编号 9001909090",
		"Tel: 0571-88157999", "Phone +86 13800138000", "电话：13800138000",
		"Order No. 123456789012", "订单号：123456789012", "P/O 4500012345",
		"Invoice No. 20250001", "合同编号 20250001",
		"Total: USD 1,000,000.00", "总金额 1000000 美元", "100000 pcs",
		"Date: 2025-01-15", "日期：20250115",
		"Account number: as shown on the order link. Tel 0571-88157999",
		"Account number see order 123456789012",
		"Account No. on request; 0571-88157999 is our office",
		"收款账号以订单页面为准。电话0571-88157999",
		"不写账号，电话 13800138000",
		"账号见订单 123456789012",
		"Account manager: Li Lei 13800138000",
		"A/C compressor, model 1234567",
		"The bank account opened by the buyer. 8471300000",
		"our bank account within 30 days after 20250115",

		// Forms that no account number has.
		"Account No.: 12345", "账号：12 34", "账号：1\n2. 345678",
		"Account No.: cn1234567890",
		"Account No.: +86 13800138000",
		"Bank account: 100000.00", "A/C 500,000.00", "账户：100000.50", "A/C: 0.123456",
		"账户：500000元", "账户：500000 万元", "A/C 847130%", "A/C: 100000pcs",
		"Bank account 2025-01-15", "账号 15-01-2025", "A/C 01-15-2025",
		"on account no later than 20250115", "on account no less than 500000 USD",
		"accountancy number 123456789", "Miscaccount no 123456789", "on account nothing 123456789",

		// Accounts that no money is paid to.
		"微信账号：13800138000", "QQ账号：12345678", "登录账号：12345678", "会员账号 12345678",
		"Wechat account no. 12345678", "user account number: 12345678", "Member's account no: 12345678",

		// Too far from the label.
		"账号" + strings.Repeat("一", 40) + "6222021234567890123",
		"Account number " + strings.Repeat("x ", 60) + "123456789",

		// What real contracts are full of.
		"HS code 8543.70.90 and 3926909790, 1200 pcs", "container MSCU 1234565, seal CN1234567", "Container No. TGHU7654321 / 40HQ / seal 0098765",
		"Invoice No. INV-2025-000417 dated 2025-01-15", "B/L COSU6123456780, vessel EVER GIVEN V.0123W", "Tel. +44 20 7946 0958, fax 0044 20 7946 0959",
		"Mob. 138-0013-8000, Wechat 13800138000", "报关单号 220120250123456789", "Customs declaration 021320250123456789",
		"Entry no. 012020250000001234 of 2025-02-01", "ID 110105199003071234", "统一社会信用代码 91330200MA2AGXXXXX",
		"Ship to: Unit 12, 20-00-00 Dock Road", "sort the cartons by code 20-00-00 and 55779911", "sort code as on the order link, account likewise",
		"Sort code 20-00-00 of our bank is on file; 55779911 pcs are not", "routing via Hamburg 021000021 pcs, account manager Li",
		"Routing 123456789, account 123456789", // no routing number
		"ABA certified, lot 021000021", "CLABE on request", "CLABE 032180000118359718", "order 032180000118359719", "tracking 032180000118359719",
		"model AB12 3456 7890 1234 5678", "PO CI93CI0080111301134291200589", "our account of invoice CN20 2500 0112 3456 789", "IBAN on the order link", "IBANEZ guitars 123456789",
		"Account manager AB12 3456 7890 1234 5678", "a/c unit, type CE20 2401 1234 5678 rev", "LC No. IB12345678901234567",

		// IBANs that are none.
		"DE88 3704 0044 0532 0130 00", // check digits
		"DE89 3704 0044 0532 0130 0",  // short
		"DE89 3704 0044 0532 0130 000",
		"DE89--370400440532013000", "DE89 - 370400440532013000",
		"XDE89370400440532013000",
		"ZZ89370400440532013000",
		"DE89", "DE8", "DE",

		// SWIFT codes that stand alone, or are none.
		"SWIFT: BKCHCNBJ", "issuing bank BKCHCNBJ910", "SWIFTLY: ABCDEFGH, bank account",
		"swift delivery to the bank account holder", "SWIFT DELIVERY, bank account",
		"Swift: Hangzhou, bank account",
		"SWIFT: BKCHCNBJ " + strings.Repeat("and ", 80) + "bank account",
		"bank account " + strings.Repeat("and ", 80) + "SWIFT: BKCHCNBJ",
	} {
		if FindsAccount(text) {
			t.Errorf("account found in %q", text)
		}
	}
}

const contractClause = "第三条 货物于2025-01-15前发运，HS编码8471300000，数量100000件，电话0571-88157999。\n" +
	"Article 3. 100000 pcs at USD 12.50, total USD 1,250,000.00, order No. 123456789012.\n"

// The contract around it must not hide an account, wherever it stands.
func TestFindsAccountAnywhereInAContract(t *testing.T) {
	contract := strings.Repeat(contractClause, 40)
	if FindsAccount(contract) {
		t.Fatal("account found in a contract without one")
	}
	for i := 0; i <= len(contract); i += len(contractClause) {
		for _, account := range []string{
			"Account No.: 123456789\n", "账号：6222021234567890123\n", "DE89370400440532013000\n", "SWIFT: BKCHCNBJ, A/C\n",
		} {
			if !FindsAccount(contract[:i] + account + contract[i:]) {
				t.Errorf("%q not found after %d bytes", account, i)
			}
		}
	}
}

// A SWIFT code after another one with no label near it is still judged by its
// own surroundings.
func TestFindsLabelBetweenSWIFTCodes(t *testing.T) {
	for gap := range 3 * codeRange {
		text := "SWIFT: BKCHCNBJ " + strings.Repeat("-", gap) + " beneficiary account SWIFT: BKCHCNBJ"
		if !FindsAccount(text) {
			t.Errorf("not found with %d bytes between", gap)
		}
	}
}

// Sixteen times the text takes sixteen times as long, where quadratic time would
// take 256 times. The shortest of many attempts is compared, so that a busy machine
// has one that nothing interrupts.
func TestFindsAccountInLinearTime(t *testing.T) {
	const size, factor, limit, attempts = 1 << 12, 16, 80, 200
	scanTime := func(part string, size int) time.Duration {
		text := strings.Repeat(part, size/len(part))
		start := time.Now()
		FindsAccount(text)
		return time.Since(start)
	}
	for _, part := range []string{
		"a/c ", "a/c 12345 ", "account no 2025-01-15\n", "account no. tel 123456 ", "账号电话123456。", "1", "1 ", "1-1 ", "123456,",
		"DE89 ", "MT84MALT011000012345MTLCAST001", "NRA1", "NRA123456 7 ", "swift ", "swift: ABCDEFGH ", "swift////", "bic code ",
		"a/c CI93 CI00 8011 1301 1342 ", "iban", "iban ", "IBANCI93", "sort code 20-00-00 ", "aba 021000021 ", "clabe 032", "032180000118359719 ", "A1B2C3",
		"账", "账 ", "　", "\xff", "\u200b", " ", "x", "qq账号", "a/c account no ( ", "usd ", "a/c usd usd 123456.1 ",
	} {
		short, long := scanTime(part, size), scanTime(part, size*factor)
		for range attempts {
			if long <= limit*short {
				break
			}
			short, long = min(short, scanTime(part, size)), min(long, scanTime(part, size*factor))
		}
		if long > limit*short {
			t.Errorf("%q takes %v for %d bytes but %v for %d", part, short, size, long, size*factor)
		}
	}
}

func TestFlatten(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"a  b\t\u00a0c":        "a b c",
		"a \r\n \n b":          "a b",
		"a\u2028b\u2029c":      "a b c",
		"账 \t 号":               "账号",
		"账\n号":                 "账号",
		"账 a 号":                "账 a 号",
		"Ａ／Ｃ：１２":               "A/C:12",
		"1–2—3−4":              "1-2-3-4",
		"a\u200bb\ufeff\u00ad": "ab",
		"a\x00b":               "a b",
		"a\xffb":               "a\ufffdb",
	} {
		if got := flatten(text); got != want {
			t.Errorf("flatten(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestIBANLengths(t *testing.T) {
	if len(ibanLengths)%4 != 0 {
		t.Fatal("the table has an incomplete row")
	}
	last := ""
	for i := 0; i < len(ibanLengths); i += 4 {
		country, length := ibanLengths[i:i+2], ibanLength(ibanLengths[i], ibanLengths[i+1])
		if country <= last {
			t.Errorf("%s does not sort after %s", country, last)
		}
		if length < 15 || length > maxIBAN {
			t.Errorf("%s has length %d", country, length)
		}
		last = country
	}
}

// The check digits find every single wrong digit and every exchange of neighbours.
func TestIBANCheckDigits(t *testing.T) {
	const iban = "DE89370400440532013000"
	if !isIBAN(iban) {
		t.Fatal("not taken for an IBAN")
	}
	for i := 2; i < len(iban); i++ {
		for d := byte('0'); d <= '9'; d++ {
			if d != iban[i] && isIBAN(iban[:i]+string(d)+iban[i+1:]) {
				t.Errorf("taken with %c at %d", d, i)
			}
		}
		if i > 4 && iban[i] != iban[i-1] && isIBAN(iban[:i-1]+iban[i:i+1]+iban[i-1:i]+iban[i+1:]) {
			t.Errorf("taken with %d and %d exchanged", i-1, i)
		}
	}
}

func FuzzFindsAccount(f *testing.F) {
	for _, seed := range []string{
		"Account No.: 6222021234567890123", "收款账号：6222 0212 3456", "NRA1234 5678 9012", "DE89 3704 0044 0532 0130 00",
		"beneficiary account CI93 CI00 8011 1301", "IBANDE89 3704", "sort code 20-00-00 account 55779911", "ABA 021000021 / 1234567",
		"CLABE 032180000118359719", "032180000118359719",
		"SWIFT/BIC: BKCHCNBJ910 A/C", "qq账号 123456", "\xff1\xe8\xb4", "NRA1 2-3",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := FindsAccount(text)
		if flat := flatten(text); !utf8.ValidString(flat) || flatten(flat) != flat {
			t.Errorf("flatten(%q) = %q is not flat", text, flat)
		}
		// What follows in a paragraph of its own takes no account away.
		if found && !FindsAccount(text+"\n\n.") {
			t.Errorf("a new paragraph hid the account in %q", text)
		}
		if !FindsAccount(text + ".\nAccount No.: 123456789") {
			t.Errorf("an account after %q was not found", text)
		}
	})
}

func BenchmarkFindsAccount(b *testing.B) {
	contract := strings.Repeat(contractClause, 40)
	b.SetBytes(int64(len(contract)))
	for b.Loop() {
		if FindsAccount(contract) {
			b.Fatal("account found")
		}
	}
}
