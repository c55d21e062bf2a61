package planted

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"proactive/shared/catalog"
)

// escaped is a text as XML has it. Character references are not escaped: they are how the
// identifier is written.
func escaped(p Plant, w string) string {
	if p.Encoding == CharRefs {
		return w
	}
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(w)); err != nil {
		panic(err) // into memory
	}
	return b.String()
}

// fragment puts each of a plant's texts into a format of one %s, at a place of a document.
func fragment(doc func(*folder) map[string][]string, place, format string) func(*folder, Plant) {
	return func(f *folder, p Plant) {
		for _, w := range p.Written {
			doc(f)[place] = append(doc(f)[place], fmt.Sprintf(format, escaped(p, w)))
		}
	}
}

// verbatim is fragment without escaping: comments, CDATA, names.
func verbatim(doc func(*folder) map[string][]string, place, format string) func(*folder, Plant) {
	return func(f *folder, p Plant) {
		for _, w := range p.Written {
			doc(f)[place] = append(doc(f)[place], fmt.Sprintf(format, w))
		}
	}
}

func info(f *folder) map[string][]string       { return f.info }
func parameters(f *folder) map[string][]string { return f.parameters }

// element writes an element or attribute below the root by its path, as the catalog has it:
// "a/b[c=d]/e" and "a/b[c=d]@e".
func element(path, format string) string {
	name, rest, deeper := strings.Cut(path, "/")
	if at := strings.IndexByte(path, '['); at >= 0 && at < len(name) { // a bracket may hold a slash
		end := at + strings.IndexByte(path[at:], ']') + 1
		name = path[:end]
		rest, deeper = strings.CutPrefix(path[end:], "/")
		if attr, is := strings.CutPrefix(path[end:], "@"); is {
			key, value, _ := strings.Cut(path[at+1:end-1], "=")
			return "<" + path[:at] + " " + key + `="` + value + `" ` + attr + `="` + format + `"/>`
		}
	}
	within := format
	if deeper {
		within = element(rest, format)
	} else if tag, attr, is := strings.Cut(name, "@"); is {
		return "<" + tag + " " + attr + `="` + format + `"/>`
	}
	tag, told, grouped := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	if grouped {
		key, value, _ := strings.Cut(told, "=")
		within = "<" + key + ">" + value + "</" + key + ">" + within
	}
	return "<" + tag + ">" + within + "</" + tag + ">"
}

func infoSlots() []slot {
	all := []slot{
		{InfoUnknown, text, fragment(info, inside, "<Operator>%s</Operator>")}, {InfoUnknown, text, fragment(info, first, "<Lab><Contact>%s</Contact></Lab>")},
		{InfoUnknown, text, fragment(info, inside, "<Reads><Note>%s</Note></Reads>")}, {InfoUnknown, text, fragment(info, first, "<Flowcell><Owner>%s</Owner></Flowcell>")},
		{InfoAttribute, text, fragment(info, inside, `<Operator badge="%s"/>`)}, {InfoAttribute, text, fragment(info, root, ` lab="%s"`)},
		{InfoAttribute, text, fragment(info, inside, `<q:Note xmlns:q="urn:%s">1</q:Note>`)}, {InfoAttribute, text, fragment(info, first, `<Reads who="%s"></Reads>`)},
		{InfoComment, comment, verbatim(info, inside, "<!-- %s -->")}, {InfoComment, comment, verbatim(info, head, "<!--%s-->")}, {InfoComment, comment, verbatim(info, behind, "<!-- by %s -->")},
		{InfoCDATA, cdata, verbatim(info, inside, "<Operator><![CDATA[%s]]></Operator>")}, {InfoCDATA, cdata, verbatim(info, inside, "<![CDATA[ %s ]]>")},
		{InfoPI, instruction, verbatim(info, inside, "<?lab %s?>")}, {InfoPI, instruction, verbatim(info, head, "<?operator %s ?>")},
		{InfoText, text, fragment(info, inside, " %s ")}, {InfoText, text, fragment(info, first, "%s")},
		{InfoName, xmlName, verbatim(info, inside, "<%s>1</%[1]s>")}, {InfoName, xmlName, verbatim(info, inside, "<%s/>")},
		{InfoAttrName, xmlName, verbatim(info, inside, `<Operator %s="1"/>`)},
		{InfoRunID, text, func(f *folder, p Plant) { f.rename(`<Run Id="`, p) }},
		{InfoFlowcell, short(200), func(f *folder, p Plant) { f.rename("<Flowcell>", p) }},
	}
	all = times(2, all...)
	for _, path := range []string{
		"AlignToPhiX/Lane", "FlowcellLayout@FlowcellSide", "FlowcellLayout@LanePerSection", "ImageDimensions@Width", "ImageDimensions@Height",
		"FlowcellLayout/TileSet/Tiles/Tile", "Reads/Read/Index",
	} {
		all = append(all, slot{InfoElement, text, fragment(info, first, element(path, "%s"))})
	}
	for _, path := range []string{
		"ImageChannels/Name", "Reads/Read@Number", "Reads/Read@NumCycles", "Reads/Read@IsIndexedRead", "Reads/Read@FirstCycle",
		"Date", "FlowcellId", "FlowcellLayout@LaneCount", "FlowcellLayout@SurfaceCount", "FlowcellLayout@SwathCount", "FlowcellLayout@TileCount", "FlowcellLayout@SectionPerLane",
	} {
		all = append(all, slot{InfoKnown, text, fragment(info, first, element(path, "%s"))}) // what follows stands, and the run is read
	}
	return all
}

// rename adds a plant to what follows a mark in RunInfo.xml.
func (f *folder) rename(mark string, p Plant) {
	for _, w := range p.Written {
		f.names[mark] += escaped(p, w) + " "
	}
}

func parameterSlots(cat *catalog.Catalog) []slot {
	var all []slot
	for _, l := range cat.Left() {
		if l.File != catalog.RunParameters {
			continue
		}
		for _, name := range l.Names {
			carrier := ParamElement
			if strings.Contains(name, "@") {
				carrier = ParamAttribute
			}
			all = append(all, slot{carrier, text, fragment(parameters, inside, element(name, "%s"))})
		}
	}
	for _, path := range places(cat) {
		all = append(all,
			slot{ParamCollected, text, fragment(parameters, first, element(path, "%s"))}, // before the good one: this one is taken
			slot{ParamAgain, text, fragment(parameters, inside, element(path, "%s"))})
	}
	others := []slot{
		{ParamUnknown, text, fragment(parameters, inside, "<PatientName>%s</PatientName>")}, {ParamUnknown, text, fragment(parameters, first, "<Setup><Technician>%s</Technician></Setup>")},
		{ParamDeep, text, fragment(parameters, inside, "<a><b><c><d><e><f><g>%s</g></f></e></d></c></b></a>")},
		{ParamAttribute, text, fragment(parameters, inside, `<Setup operator="%s"/>`)}, {ParamAttribute, text, fragment(parameters, inside, `<RtaVersion by="%s"/>`)},
		{ParamRoot, text, fragment(parameters, root, ` site="%s"`)}, {ParamRoot, text, fragment(parameters, root, ` xmlns="urn:%s"`)},
		{ParamComment, comment, verbatim(parameters, inside, "<!-- %s -->")}, {ParamComment, comment, verbatim(parameters, head, "<!--%s-->")},
		{ParamComment, comment, verbatim(parameters, inside, "<RtaVersion><!--%s--></RtaVersion>")},
		{ParamCDATA, cdata, verbatim(parameters, inside, "<ExperimentName><![CDATA[%s]]></ExperimentName>")}, {ParamCDATA, cdata, verbatim(parameters, first, "<RtaVersion><![CDATA[%s]]></RtaVersion>")},
		{ParamPI, instruction, verbatim(parameters, inside, "<?run %s?>")}, {ParamPI, instruction, verbatim(parameters, behind, "<?by %s?>")},
		{ParamText, text, fragment(parameters, inside, " %s ")}, {ParamText, text, fragment(parameters, first, "%s")},
		{ParamName, xmlName, verbatim(parameters, inside, "<%s>1</%[1]s>")}, {ParamName, xmlName, verbatim(parameters, inside, "<Setup><%s/></Setup>")},
		{ParamAttrName, xmlName, verbatim(parameters, inside, `<Setup %s="1"/>`)},
		{ParamAfter, text, fragment(parameters, behind, "\n%s\n")},
	}
	return append(all, times(4, others...)...)
}

func completionSlots() []slot {
	status := func(format string, as func(p Plant, w string) string) func(*folder, Plant) {
		return func(f *folder, p Plant) {
			for _, w := range p.Written {
				f.status = append(f.status, fmt.Sprintf(format, as(p, w)))
			}
		}
	}
	return times(3, slices.Concat([]slot{
		{Completion, text, status("<CompletionStatus>%s</CompletionStatus>", escaped)}, {Completion, text, status("<ErrorDescription>%s</ErrorDescription>", escaped)},
		{Completion, text, status("<RunId>%s</RunId>", escaped)}, {Completion, text, status("<EndedBy>%s</EndedBy>", escaped)},
		{CompletionNote, comment, status("<!-- %s -->", func(_ Plant, w string) string { return w })},
	})...)
}

// spoil makes RunInfo.xml such that an agent sends nothing of the folder, in three ways, or
// RunParameters.xml such that it cannot be read.
func (p *Planter) spoil(f *folder) {
	const (
		foreign = `<RunInfo><Run Id="x" Number="1"><Flowcell>y</Flowcell><Instrument>%s</Instrument><Date>261124</Date><Reads><Read Number="1" NumCycles="36" IsIndexedRead="N"/></Reads></Run></RunInfo>`
		entity  = `<?xml version="1.0"?><!DOCTYPE RunInfo [<!ENTITY who "%s">]><RunInfo><Run Id="&who;"><Flowcell>y</Flowcell><Instrument>M00001</Instrument></Run></RunInfo>`
		torn    = `<RunInfo><Run Id="%s"><Flowcell>y</Flowcell><Instrument>M00001</Run></RunInfo>`
	)
	way := p.spoilt % 4
	p.spoilt++
	plant := p.draw([]Carrier{InfoSerial, InfoEntity, InfoBroken, ParamBroken}[way], text)
	if way == 3 {
		fragment(parameters, damaged, "<Username>%s</User>")(f, plant)
		return
	}
	f.refused = fmt.Sprintf([]string{foreign, entity, torn}[way], escaped(plant, strings.Join(plant.Written, " ")))
}
