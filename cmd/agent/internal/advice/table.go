package advice

// table is what to say for every reason the agent knows: its own, the shared
// vocabulary's, and those the service gives. A reason that is not here gets advice
// by its kind.
var table = map[string]Advice{
	// The command line and this computer.
	"usage":        {Says: "The command line is wrong.", Next: "See `agent --help`.", Exit: Usage},
	"interrupted":  {Says: "Interrupted. What was sealed is kept.", Next: "`agent send` carries on where this stopped.", Exit: Failed},
	"cannot-write": {Says: "The file could not be written.", Next: "Name a place that this account may write to.", Exit: Failed},
	"key-exposed": {Says: "The agent's keys can be read by other accounts of this computer.",
		Next: "Restrict them (chmod 600 on identity.key and lab.key in the home), and ask the service team for a new code if someone may have read them.", Exit: Untrusted},
	"no-home": {Says: "There is no usual place for this account's agent state.", Next: "Give --home DIR, or set PROACTIVE_HOME.", Exit: Usage},
	"internal": {Says: "Something unexpected failed; what, stands there instead of this.", Exit: Failed,
		Next: "Check that this account may write to the agent's home and that its disk is not full, then try again."},
	"state-damaged": {Says: "A file of the agent's home is damaged.", Exit: Failed,
		Next: "Nothing was sent. `agent off` works all the same. Restore the home from a backup, or ask the service team for a new code and enrol in another --home."},
	"outbox-damaged": {Says: "A sealed batch on this disk is damaged and was not sent.",
		Next: "Check the disk. Then `agent off --discard`, `agent on`, and send the run folder again.", Exit: Failed},

	// Enrolment.
	"batches-wait":     {Says: "Batches wait here that are signed with the key to be replaced.", Next: "Send them first (`agent send`), or delete those never uploaded (`agent off --discard`).", Exit: RefusedHere},
	"watch-unreadable": {Says: "A watched directory cannot be read.", Next: "Is it mounted, and may this account read it? `agent doctor --watch DIR` tells; nothing is lost meanwhile.", Exit: BadFolder},
	"bad-hours":        {Says: "Quiet hours are two times of the day.", Next: "Give them as 22:00-06:00.", Exit: Usage},
	"bad-ca":           {Says: "The file of certificates to trust cannot be used.", Next: "Give a PEM file with your network's authority as --ca.", Exit: Usage},
	"not-enrolled":     {Says: "This agent is not enrolled; nothing was sent.", Next: "Ask the service team for a code, then `agent enroll CODE`.", Exit: RefusedHere},
	"already-enrolled": {Says: "This agent is enrolled already.", Next: "See `agent status`. For another instrument on this computer, give another --home.", Exit: RefusedHere},
	"bad-code":         {Says: "This is not a complete enrolment code.", Next: "Copy all of it, from proactive1- to the end; a checksum tells us that something is missing or changed.", Exit: Usage},
	"code-refused":     {Says: "The service does not accept this code.", Next: "Ask the service team for a new one.", Exit: Refused},
	"code-used":        {Says: "This code was used by another agent.", Next: "Ask the service team for a new one, and tell them if that was not you.", Exit: Refused},
	"code-expired":     {Says: "This code has expired.", Next: "Ask the service team for a new one.", Exit: Refused},
	"revoked":          {Says: "The service does not serve this instrument any more.", Next: "Ask the service team.", Exit: Refused},
	"bad-address":      {Says: "The service's address is neither https nor on this computer; nothing was sent there.", Next: "Ask the service team for a new code.", Exit: Untrusted},

	// Trust. Nothing that fails here was believed, and nothing was sent because of it.
	"wrong-root": {Says: "The service that answered is not the one that the enrolment code names: its root key is another. Nothing was sent to it.",
		Next: "Something between here and the service answers in its place (a proxy that inspects TLS, for example). Tell your IT and the service team; do not go on.", Exit: Untrusted},
	"root-signature": {Says: "The service's key set is not signed by the root key of the enrolment code; it was not believed.",
		Next: "Tell your IT and the service team: something may answer in the service's place.", Exit: Untrusted},
	"not-a-key-set":        {Says: "The service's key set cannot be read; it was not believed.", Next: "Try again later; if it stays so, tell the service team.", Exit: Untrusted},
	"key-set-expired":      {Says: "The service's key set has expired, and no newer one was given.", Next: "Try again when the network is there; if it stays so, tell the service team.", Exit: Untrusted},
	"key-set-older":        {Says: "The service showed an older key set than one it has shown before; it was not believed.", Next: "Tell the service team: something may replay old answers.", Exit: Untrusted},
	"key-set-foreign":      {Says: "The service showed the key set of another deployment; it was not believed.", Next: "Tell the service team.", Exit: Untrusted},
	"key-set-missing":      {Says: "The service's keys are not known here and could not be fetched.", Next: "Try again when the network is there.", Exit: Unreachable},
	"receipt-chain-broken": {Says: "A receipt does not follow the one before it; it was not believed, and the batch is kept.", Next: "Tell the service team, with the output of `agent receipts`.", Exit: Untrusted},
	"receipt-foreign":      {Says: "A receipt is for another instrument or another service; it was not believed, and the batch is kept.", Next: "Tell the service team.", Exit: Untrusted},
	"receipt-not-ours":     {Says: "A receipt speaks of other bytes than were sent; it was not believed, and the batch is kept.", Next: "Tell the service team, with the output of `agent status`.", Exit: Untrusted},
	"not-a-receipt":        {Says: "A receipt cannot be read; it was not believed, and the batch is kept.", Next: "Tell the service team.", Exit: Untrusted},
	"receipt-signature":    {Says: "A receipt's signature is wrong; it was not believed, and the batch is kept.", Next: "Tell the service team.", Exit: Untrusted},
	"receipt-key-unknown":  {Says: "A receipt is signed by a key that is not in the service's key set; it was not believed, and the batch is kept.", Next: "Try again later; if it stays so, tell the service team.", Exit: Untrusted},
	"receipt-withdrawn":    {Says: "The service no longer knows a batch that it gave a receipt for.", Next: "Tell the service team; the receipt proves that it had it.", Exit: Untrusted},

	// What the lab has not said yes to.
	"not-on":           {Says: "Sending is off; nothing was read or sent.", Next: "`agent preview RUNFOLDER` shows what would be sent; `agent on` turns sending on.", Exit: RefusedHere},
	"not-confirmed":    {Says: "Not confirmed; sending stays off.", Next: "Run `agent on` and answer y, or `agent on --yes`.", Exit: RefusedHere},
	"off-not-told":     {Says: "Sending is off here from now on, but the service could not be told.", Next: "Run `agent off` again when the network is there.", Exit: Unreachable},
	"consent-unproven": {Says: "At the service the lab's consent is not proven by a statement of this instrument's. Nothing was taken.", Next: "`agent off`, then `agent on`, states it anew; tell the service team.", Exit: Refused},
	"consent-version": {Says: "The service has another consent statement on record than this agent, whose home was restored from a copy or lost.",
		Next: "What `agent off` says holds here. Ask the service team for a new code: `agent enroll --replace CODE` begins anew.", Exit: Refused},
	"consent-foreign":      {Says: "The service says that the consent statement is of another instrument.", Next: "Tell the service team, with the output of `agent status`.", Exit: Refused},
	"consent-signature":    {Says: "A consent statement is not signed by its key; it was not believed.", Next: "Check the disk; `agent consent` verifies what is here. Tell the service team.", Exit: Untrusted},
	"consent-chain-broken": {Says: "A consent statement is missing, changed or out of its place; the history was not believed.", Next: "Restore the home from a backup, or ask the service team for a new code: `agent enroll --replace CODE` begins anew.", Exit: Untrusted},
	"not-a-consent":        {Says: "A consent statement cannot be read; it was not believed.", Next: "Check the disk; `agent consent` verifies what is here. Tell the service team.", Exit: Untrusted},
	"other-instrument":     {Says: "This run folder is of another instrument; nothing of it was sent.", Next: "Give each instrument its own enrolment and --home.", Exit: RefusedHere},
	"before-consent":       {Says: "This run started before the lab said yes; nothing of it was sent.", Next: "If the lab agrees to send its history, add --history.", Exit: RefusedHere},

	// The lab's own key.
	"auditor-key":         {Says: "This is not a public key that batches can be sealed for: RSA, 2048 to 4096 bits, one PEM block PUBLIC KEY.", Next: "`agent auditor add --help` shows how openssl makes one.", Exit: Usage},
	"auditor-private-key": {Says: "This is not an RSA private key in one PEM block PRIVATE KEY without a passphrase.", Next: "`openssl pkey -in KEY -out PRIVATE.pem` writes it so.", Exit: Usage},
	"auditor-signer":      {Says: "This is not an instrument's public key.", Next: "Give signer-….pem of the archive as --signer.", Exit: Usage},
	"no-signer":           {Says: "Whose signature the batches should have is not known here.", Next: "Give signer-….pem of the archive as --signer, or --home of the instrument's agent.", Exit: Usage},
	"no-batches":          {Says: "There are no sealed batches to look at, or they cannot be read.", Next: "Name files, or directories with files that end in .batch.", Exit: Usage},
	"no-archive":          {Says: "The archive is not a directory that this account can write to.", Next: "Make it, or mount it, and try again.", Exit: Usage},
	"archive-unwritable":  {Says: "The auditor's copy could not be written. Sending goes on.", Next: "Mount the archive and make room there: while the batch waits here, the next `agent send` writes it. `agent auditor add` names another place.", Exit: Failed},

	"audit-off-catalog":      {Says: "Something in the batch is not what the catalog allows.", Next: "Tell the service team, with this output; it holds no value.", Exit: Flagged},
	"audit-detected":         {Says: "Something in the batch looks like a name, a place or a sequence.", Next: "`agent off`, and tell the service team, with this output; it holds no value.", Exit: Flagged},
	"audit-unknown-catalog":  {Says: "The batch was made under a catalog that this agent does not know; it was judged by none.", Next: "Audit it with the agent that made it, or a newer one.", Exit: Flagged},
	"audit-bad-signature":    {Says: "The batch is not signed by an instrument that was named, or was changed since.", Next: "Give every instrument's signer-….pem as --signer; if it stays so, the copy is not what was sealed.", Exit: Flagged},
	"audit-not-for-this-key": {Says: "The batch is not sealed for this key.", Next: "Use the private key that was the auditor's when it was sealed.", Exit: Flagged},
	"audit-receipt-not-ours": {Says: "The batch's receipt speaks of other bytes.", Next: "`agent receipts verify`; then tell the service team, with this output.", Exit: Flagged},
	"audit-damaged":          {Says: "The batch is damaged, or was never whole; it was not opened to its end.", Next: "Check the archive's disk.", Exit: Flagged},

	// Tokens.
	"no-lab-key":       {Says: "This home has no lab's key, under which tokens are made.", Next: "Give --home of the agent that sent the run, or put its lab.key back from a backup.", Exit: RefusedHere},
	"not-a-token":      {Says: "This is not a token: 32 hexadecimal digits in lower case.", Next: "Copy all of it, from the receipt, the payload or the service case.", Exit: Usage},
	"nothing-to-name":  {Says: "There is nothing to make a token of.", Next: "Give --run ID or --flowcell ID.", Exit: Usage},
	"token-unresolved": {Says: "No run folder that was looked at has this token.", Next: "Name where the runs are, or were moved to, with --runs; tokens of another agent's home need that home.", Exit: BadFolder},

	// Erasure.
	"not-erased":              {Says: "Not confirmed; nothing was erased.", Next: "Run `agent erase` and answer y, or `agent erase --yes`. `agent off` only ends sending.", Exit: RefusedHere},
	"erasure-late":            {Says: "The erasure is under way; there is no certificate yet. Sending is off.", Next: "`agent erase` looks again, at any time.", Exit: NoReceipt},
	"no-certificate":          {Says: "There is no certificate to read.", Next: "Name the file, or run `agent erase` for one.", Exit: Usage},
	"not-a-certificate":       {Says: "The certificate cannot be read; it was not believed.", Next: "Tell the service team.", Exit: Untrusted},
	"certificate-signature":   {Says: "The certificate's signature is wrong; it was not believed.", Next: "Tell the service team.", Exit: Untrusted},
	"certificate-key-unknown": {Says: "The certificate is signed by a key that is not in the service's key set; it was not believed.", Next: "Run `agent erase` again when the network is there; if it stays so, tell the service team.", Exit: Untrusted},
	"certificate-foreign":     {Says: "The certificate is of another instrument or another service.", Next: "Check it in the home of the agent that asked for it (--home DIR).", Exit: Untrusted},
	"another-instrument":      {Says: "The request named another instrument than it was signed by; nothing was done.", Next: "Ask the service team for a newer agent.", Exit: Refused},

	// Export.
	"export-there":     {Says: "Something is where the export should be written; nothing was fetched.", Next: "Name a directory that is not there yet or is empty, or a .zip that is not there yet.", Exit: Usage},
	"export-late":      {Says: "What the service holds is still being prepared.", Next: "`agent export` with the same name looks again, at any time, and fetches what is missing.", Exit: NoReceipt},
	"export-damaged":   {Says: "What was fetched is not what its manifest says; it was not put in its place.", Next: "`agent export` again; if it stays so, tell the service team.", Exit: Untrusted},
	"export-foreign":   {Says: "What was fetched is of another instrument or another service; it was not put in its place.", Next: "Tell the service team, with the output of `agent status`.", Exit: Untrusted},
	"link-refused":     {Says: "The store refused a download that the service had just allowed.", Next: "Check that no proxy changes addresses on the way, then `agent export` again.", Exit: Unreachable},
	"download-differs": {Says: "A download came broken or changed, again and again.", Next: "Check that no proxy changes downloads, then `agent export` again.", Exit: Unreachable},
	"no-such-part":     {Says: "The service no longer has what it prepared.", Next: "`agent export` again: it is prepared anew.", Exit: Refused},

	// Run folders.
	"no-run-folder":    {Says: "There is no such run folder, or it cannot be read.", Next: "Check the path, and that this account may read it.", Exit: BadFolder},
	"empty-run-folder": {Says: "The run folder is empty.", Next: "Check the path; a folder that is still being copied is worth another try later.", Exit: BadFolder},
	"no-run-info":      {Says: "The folder has no readable RunInfo.xml: it is not a run folder, or the run has hardly begun.", Next: "Name the folder that holds RunInfo.xml and InterOp.", Exit: BadFolder},
	"no-metrics":       {Says: "The run folder has no readable metrics yet: it is half-written, or was copied without its InterOp folder.", Next: "Send it when the run has finished.", Exit: BadFolder},

	// The way to the service.
	"offline":         {Says: "The service cannot be reached. What was sealed is kept.", Next: "Check the network; `agent send` carries on. The agent needs HTTPS (port 443) outward, and honours HTTPS_PROXY.", Exit: Unreachable},
	"captive-portal":  {Says: "A web page answered in place of the service: a login page of the network, or a proxy. What was sealed is kept.", Next: "Log in to the network, or have the proxy let the service through; then `agent send`.", Exit: Unreachable},
	"redirected":      {Says: "Something on the way points to another address; the agent does not follow. What was sealed is kept.", Next: "Log in to the network, or have the proxy let the service through; then `agent send`.", Exit: Unreachable},
	"tls-untrusted":   {Says: "The service's TLS certificate is not one that this computer trusts. What was sealed is kept.", Next: "If your network inspects TLS, install its CA on this computer, or exempt the service. Batches stay sealed either way.", Exit: Unreachable},
	"tls-clock":       {Says: "By this computer's clock the service's TLS certificate is not valid.", Next: "Check this computer's date; then `agent send`.", Exit: Unreachable},
	"answer-too-long": {Says: "What answered is not the service: the answer has no end.", Next: "Check the network and its proxy.", Exit: Unreachable},
	"not-our-answer":  {Says: "What answered does not speak the service's language.", Next: "Check the network and its proxy; if it stays so, tell the service team.", Exit: Unreachable},
	"service-failed":  {Says: "The service failed on its side. What was sealed is kept.", Next: "Try again later; nothing is lost.", Exit: Unreachable},
	"grant-refused":   {Says: "The upload's five minutes were over before it began, or the grant was changed on the way. The batch is kept.", Next: "Try `agent send` again.", Exit: Unreachable},
	"upload-refused":  {Says: "The store refused the bytes: they were changed on the way. The batch is kept.", Next: "Try `agent send` again; a proxy that rewrites uploads must exempt the service.", Exit: Refused},
	"receipt-late":    {Says: "No receipt yet. The batch is kept until there is one.", Next: "`agent send` looks again.", Exit: NoReceipt},

	// The service's refusals.
	"unauthorised":    {Says: "The service does not accept this instrument's signature: it is not enrolled there any more.", Next: "Ask the service team; `agent status` shows the instrument's id.", Exit: Refused},
	"daily-quota":     {Says: "This instrument has sent all it may send today. What was sealed is kept.", Next: "`agent send` tomorrow; if it happens often, ask the service team.", Exit: Refused},
	"batch-too-large": {Says: "This run is larger than a batch may be; nothing of it was sent.", Next: "Tell the service team which instrument and how many tiles.", Exit: Refused},
	"batch-differs":   {Says: "The service knows this batch with other bytes.", Next: "Tell the service team, with the output of `agent status`.", Exit: Refused},
	"sequence-taken":  {Says: "The batch's number was taken in an earlier life of this instrument.", Next: "Send the run folder again; it gets another number.", Exit: Refused},
	"bad-request":     {Says: "The service does not understand this agent.", Next: "Ask the service team for a newer agent.", Exit: Refused},
	"no-consent":      {Says: "At the service the lab's consent is off. Nothing was taken.", Next: "`agent off`, then `agent on`, states it anew.", Exit: Refused},
}
