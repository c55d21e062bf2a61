package planted

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Carrier is a kind of place that an identifier can stand in.
type Carrier string

// Carriers in a run folder.
const (
	InfoElement    Carrier = "RunInfo.xml: element that is not read"
	InfoKnown      Carrier = "RunInfo.xml: element or attribute that is read"
	InfoUnknown    Carrier = "RunInfo.xml: unknown element"
	InfoAttribute  Carrier = "RunInfo.xml: attribute"
	InfoComment    Carrier = "RunInfo.xml: comment"
	InfoCDATA      Carrier = "RunInfo.xml: CDATA"
	InfoPI         Carrier = "RunInfo.xml: processing instruction"
	InfoText       Carrier = "RunInfo.xml: text between elements"
	InfoName       Carrier = "RunInfo.xml: name of an element"
	InfoAttrName   Carrier = "RunInfo.xml: name of an attribute"
	InfoRunID      Carrier = "RunInfo.xml: run id"
	InfoFlowcell   Carrier = "RunInfo.xml: flow cell"
	InfoSerial     Carrier = "RunInfo.xml: instrument (refused)"
	InfoEntity     Carrier = "RunInfo.xml: entity of a document type (refused)"
	InfoBroken     Carrier = "RunInfo.xml: not well-formed (refused)"
	ParamElement   Carrier = "RunParameters.xml: element that stays"
	ParamCollected Carrier = "RunParameters.xml: element that is collected"
	ParamAgain     Carrier = "RunParameters.xml: collected element, a second time"
	ParamUnknown   Carrier = "RunParameters.xml: unknown element"
	ParamDeep      Carrier = "RunParameters.xml: deep in unknown elements"
	ParamAttribute Carrier = "RunParameters.xml: attribute"
	ParamRoot      Carrier = "RunParameters.xml: attribute or namespace of the root"
	ParamComment   Carrier = "RunParameters.xml: comment"
	ParamCDATA     Carrier = "RunParameters.xml: CDATA"
	ParamPI        Carrier = "RunParameters.xml: processing instruction"
	ParamText      Carrier = "RunParameters.xml: text between elements"
	ParamName      Carrier = "RunParameters.xml: name of an element"
	ParamAttrName  Carrier = "RunParameters.xml: name of an attribute"
	ParamBroken    Carrier = "RunParameters.xml: not well-formed"
	ParamAfter     Carrier = "RunParameters.xml: after the root"
	Completion     Carrier = "RunCompletionStatus.xml: element"
	CompletionNote Carrier = "RunCompletionStatus.xml: comment"
	LogLine        Carrier = "operation.log: line of no template"
	LogSkipped     Carrier = "operation.log: what a template steps over"
	LogParameter   Carrier = "operation.log: parameter of a template"
	LogLevel       Carrier = "operation.log: level or time"
	LogError       Carrier = "error.log: line of no template"
	LogLast        Carrier = "error.log: last line, under way"
	JSONComponent  Carrier = "telemetry.jsonl: component or metric"
	JSONUnit       Carrier = "telemetry.jsonl: unit or subsystem"
	JSONMember     Carrier = "telemetry.jsonl: unknown member"
	JSONName       Carrier = "telemetry.jsonl: name of a member"
	JSONLine       Carrier = "telemetry.jsonl: line that is no reading"
	CSVCell        Carrier = "telemetry.csv: cell"
	CSVColumn      Carrier = "telemetry.csv: unknown column"
	FolderName     Carrier = "name of the run folder"
	FileName       Carrier = "name of a file"
	DirectoryName  Carrier = "name of a directory"
	LogName        Carrier = "name of a log"
	IndexMetrics   Carrier = "IndexMetricsOut.bin: sequence, sample, project"
	ControlMetrics Carrier = "ControlMetricsOut.bin: control, index"
	UnknownBin     Carrier = "unknown .bin"
	TileTrailing   Carrier = "TileMetricsOut.bin: bytes after the last record"
	QTrailing      Carrier = "QMetricsOut.bin: bytes after the last record"
	SampleSheet    Carrier = "SampleSheet.csv"
	JobInfo        Carrier = "CompletedJobInfo.xml and RunStatistics.xml"
	BaseCalls      Carrier = "FASTQ and base calls"
)

// Carriers that a forger has: an instrument's key, and none of the agent's manners.
const (
	PayloadOpen    Carrier = "payload: text of an open field"
	PayloadClosed  Carrier = "payload: text of an enumeration"
	PayloadNumber  Carrier = "payload: text of a number"
	PayloadField   Carrier = "payload: name of a field"
	PayloadUnknown Carrier = "payload: text of an unknown field"
	PayloadDropped Carrier = "payload: name of a kind of file"
	PayloadLeft    Carrier = "payload: name of what stays"
	PayloadHeader  Carrier = "payload: header"
	PayloadRow     Carrier = "payload: row that is not canonical"
	PayloadBytes   Carrier = "payload: something else"
	EnvelopeFormat Carrier = "envelope: format line"
	EnvelopeHeader Carrier = "envelope: header member"
	EnvelopeNames  Carrier = "envelope: unknown header member"
	EnvelopeKey    Carrier = "envelope: key id"
	EnvelopeSecond Carrier = "envelope: second recipient"
	EnvelopeSign   Carrier = "envelope: signature line"
	EnvelopeAfter  Carrier = "envelope: after the ciphertext"
	EnvelopeClear  Carrier = "envelope: text in place of ciphertext"
	ObjectClear    Carrier = "upload that is no batch"
	RequestPath    Carrier = "request: path or query"
	RequestHeader  Carrier = "request: header"
	RequestBody    Carrier = "request: body"
	ConsentText    Carrier = "consent: statement"
)

// Fits: what may stand in a carrier before it is escaped there.

func anyBytes(s string) bool { return s != "" }

// text is what XML 1.0 can hold.
func text(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == utf8.RuneError })
}

var anXMLName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,200}$`)

// xmlName is a name without a colon, which would be a namespace.
func xmlName(s string) bool {
	return anXMLName.MatchString(s) && !strings.HasPrefix(strings.ToLower(s), "xml")
}

func comment(s string) bool {
	return text(s) && !strings.Contains(s, "--") && !strings.HasSuffix(s, "-")
}

func cdata(s string) bool { return text(s) && !strings.Contains(s, "]]>") }

func instruction(s string) bool { return text(s) && !strings.Contains(s, "?>") }

func line(s string) bool { return s != "" && !strings.ContainsAny(s, "\r\n") }

func textLine(s string) bool { return text(s) && line(s) }

func fileName(s string) bool {
	return text(s) && !strings.ContainsAny(s, "/") && len(s) <= 180 && !slices.Contains([]string{".", ".."}, s)
}

func short(n int) func(string) bool { return func(s string) bool { return text(s) && len(s) <= n } }

// inRow is what a row of a payload has room for.
func inRow(s string) bool {
	row, err := json.Marshal(s)
	return err == nil && text(s) && len(row) <= 370
}

var (
	aFileKind = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	aLeft     = regexp.MustCompile(`^[a-z][a-z_]{0,31}$`)
	aKeyName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
)

// forged are the carriers that a forger has, and what may stand in them.
var forged = map[Carrier]func(string) bool{
	PayloadOpen: inRow, PayloadClosed: inRow, PayloadNumber: inRow, PayloadField: inRow, PayloadUnknown: inRow,
	PayloadDropped: aFileKind.MatchString, PayloadLeft: aLeft.MatchString, PayloadHeader: text, PayloadRow: inRow, PayloadBytes: anyBytes,
	EnvelopeFormat: textLine, EnvelopeHeader: text, EnvelopeNames: text, EnvelopeKey: aKeyName.MatchString, EnvelopeSecond: aKeyName.MatchString,
	EnvelopeSign: textLine, EnvelopeAfter: anyBytes, EnvelopeClear: anyBytes, ObjectClear: anyBytes,
	RequestPath: text, RequestHeader: textLine, RequestBody: text, ConsentText: text,
}
