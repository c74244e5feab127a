package widgets

// SetCheckable shows a box to tick before each row and, in the header, one for all.
func (t *Table) SetCheckable(on bool) {
	t.checkable = on
	t.layoutColumns(t.width)
	t.redraw()
}

// Checked are the IDs of the ticked rows, in the order of the rows.
func (t *Table) Checked() []string {
	var ids []string
	if len(t.checked) == 0 {
		return ids
	}
	for i := range t.rows {
		if t.checked[t.rows[i].ID] {
			ids = append(ids, t.rows[i].ID)
		}
	}
	return ids
}

// SetChecked ticks exactly these rows, without telling OnCheck.
func (t *Table) SetChecked(ids []string) {
	clear(t.checked)
	for _, id := range ids {
		t.checked[id] = true
	}
	t.dropChecks()
	t.redraw()
}

// dropChecks forgets the ticks of rows that are gone and says whether there were any.
func (t *Table) dropChecks() bool {
	before := len(t.checked)
	if before == 0 {
		return false
	}
	kept := make(map[string]bool, before)
	for _, id := range t.Checked() {
		kept[id] = true
	}
	t.checked = kept
	return len(kept) < before
}

func (t *Table) tellChecks() {
	if t.OnCheck != nil {
		t.OnCheck(t.Checked())
	}
}

func (t *Table) toggle(index int) {
	if !t.checkable || index < 0 {
		return
	}
	id := t.rows[index].ID
	if t.checked[id] {
		delete(t.checked, id)
	} else {
		t.checked[id] = true
	}
	t.anchor = index
	t.redraw()
	t.tellChecks()
}

// toggleAll ticks all rows, or none if all are ticked.
func (t *Table) toggleAll() {
	if len(t.checked) == len(t.rows) {
		clear(t.checked)
	} else {
		t.checkRange(0, len(t.rows)-1)
	}
	t.redraw()
	t.tellChecks()
}

// extend ticks exactly the rows from the anchor to index.
func (t *Table) extend(index int) {
	if !t.checkable {
		return
	}
	if t.anchor < 0 {
		t.anchor = max(t.current, 0)
	}
	clear(t.checked)
	t.checkRange(min(t.anchor, index), max(t.anchor, index))
}

func (t *Table) checkRange(from, to int) {
	for i := from; i <= to; i++ {
		t.checked[t.rows[i].ID] = true
	}
}
