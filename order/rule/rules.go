package rule

import "slices"

// rules is the rule book: the rules of a Trade Assurance order (A), those of
// pay later (B), and the rulings where the sources are silent (D).
var rules = slices.Concat(assuranceRules, payLaterRules, orderRulings, payLaterRulings)
