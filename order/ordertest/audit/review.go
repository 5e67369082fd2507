package audit

func (a *Auditor) onReviewed(o *orderBook) {
	if o.reviewedAt != 0 || o.phase == orderCompleted && a.at > o.completedAt+instant(a.policy.ReviewWithin) {
		a.failf("D31", "reviewed at %s, before at %s; completed %s", a.at, o.reviewedAt, o.completedAt)
	}
	a.checkRating()
	o.reviewedAt = a.at
}

func (a *Auditor) checkRating() {
	if rating := a.number("rating"); rating < 1 || rating > 5 {
		a.failf("D31", "rated %d", rating)
	}
}

func (a *Auditor) onReviewEdited(o *orderBook) {
	if o.reviewedAt == 0 || o.editedAt != 0 || a.at > o.reviewedAt+instant(a.policy.ReviewWithin) {
		a.failf("D31", "edited at %s, before at %s; reviewed %s", a.at, o.editedAt, o.reviewedAt)
	}
	a.checkRating()
	o.editedAt = a.at
}

func (a *Auditor) onReviewReplied(o *orderBook) {
	from := max(o.reviewedAt, o.editedAt)
	if from == 0 || o.replied || a.at > from+instant(a.policy.ReviewWithin) {
		a.failf("D31", "replied at %s, before %t; reviewed %s", a.at, o.replied, from)
	}
	o.replied = true
}
