package slot

import "proactive/shared/language"

// words are what the page says in one language. Every field is set in each: a test holds
// that.
type words struct {
	Title, Lead, Choose, Submit, Zone               string
	RunsHeading, RunsFinish, RunsFree, RunsLength   string
	NoneFits, CaseLabel, Language                   string
	PickOne, NotOffered, NoSlots                    string
	BookedTitle, BookedLead, BookedNext, BookedLate string
	TakenTitle, TakenLead, ChangeIt                 string
	OverTitle, OverLead                             string
	GoneTitle, GoneLead, GoneNext                   string
	RefusedTitle, RefusedLead, RefusedNext          string
	FailedTitle, FailedLead, FailedNext             string
	Footer                                          string
}

// said are the words by language. In Lead, %s is the component with its article.
var said = map[language.Language]words{
	language.English: {
		Title: "Pick a time for the service visit", Lead: "An engineer will come to look at %s of your instrument. The mail that brought you here says which one, and why.",
		Choose: "Times on offer", Submit: "Book this time", Zone: "Times are told in %s.",
		RunsHeading: "Your runs", RunsFinish: "A run in progress may finish: please do not stop it for this.",
		RunsFree: "Pick a time when no run is on or about to end.", RunsLength: "The instrument is needed free for the whole time shown.",
		NoneFits: "None of these fits? Reply to the mail, and we will find another.", CaseLabel: "Case", Language: "Language",
		PickOne:     "No time was picked. Please pick one.",
		NotOffered:  "That time is no longer on offer. Please pick another.",
		NoSlots:     "All times on offer have passed. Reply to the mail, and we will send new ones.",
		BookedTitle: "Your visit is booked", BookedLead: "An engineer will come at this time:",
		BookedNext: "You get a mail with a calendar invitation. You can close this page.",
		BookedLate: "Your answer reached us late. If no calendar invitation has come within a day, please reply to the mail.",
		TakenTitle: "A visit is booked already", TakenLead: "Someone at your lab, or you yourself, picked this time before. It stands:",
		ChangeIt:  "To change it, reply to the mail and quote the case.",
		OverTitle: "No visit is needed any more", OverLead: "This case is closed. If you still see a problem, reply to the mail and quote the case.",
		GoneTitle: "This link leads nowhere", GoneLead: "It has expired, or it was not copied whole.",
		GoneNext:     "Open the newest mail about the visit and use the link in it, or reply to that mail.",
		RefusedTitle: "We could not take that", RefusedLead: "The form did not come from this page.",
		RefusedNext: "Open the link in the mail again and pick a time there.",
		FailedTitle: "That did not work just now", FailedLead: "The fault is ours, not yours.",
		FailedNext: "Please try again in a minute. Picking the same time twice does no harm.",
		Footer:     "This page sets no cookies and follows nobody.",
	},
	language.Spanish: {
		Title: "Elija una hora para la visita técnica", Lead: "Un técnico irá a revisar %s de su equipo. El correo que le trajo aquí dice cuál es y por qué.",
		Choose: "Horas disponibles", Submit: "Reservar esta hora", Zone: "Las horas son de %s.",
		RunsHeading: "Sus experimentos", RunsFinish: "Un experimento en marcha puede terminar: no lo detenga por esto.",
		RunsFree: "Elija una hora en la que no haya ningún experimento en marcha ni a punto de terminar.", RunsLength: "El equipo debe estar libre durante todo el tiempo indicado.",
		NoneFits: "¿No le conviene ninguna? Responda al correo y buscaremos otra.", CaseLabel: "Caso", Language: "Idioma",
		PickOne:     "No ha elegido ninguna hora. Elija una.",
		NotOffered:  "Esa hora ya no está disponible. Elija otra.",
		NoSlots:     "Todas las horas ofrecidas han pasado. Responda al correo y le enviaremos otras.",
		BookedTitle: "Su visita está reservada", BookedLead: "Un técnico irá a esta hora:",
		BookedNext: "Recibirá un correo con una invitación para su calendario. Puede cerrar esta página.",
		BookedLate: "Su respuesta nos llegó tarde. Si en un día no recibe la invitación, responda al correo.",
		TakenTitle: "Ya hay una visita reservada", TakenLead: "Alguien de su laboratorio, o usted, eligió antes esta hora. Es la que vale:",
		ChangeIt:  "Para cambiarla, responda al correo e indique el caso.",
		OverTitle: "Ya no hace falta ninguna visita", OverLead: "Este caso está cerrado. Si aún ve un problema, responda al correo e indique el caso.",
		GoneTitle: "Este enlace no lleva a ninguna parte", GoneLead: "Ha caducado o no se copió entero.",
		GoneNext:     "Abra el correo más reciente sobre la visita y use su enlace, o responda a ese correo.",
		RefusedTitle: "No hemos podido aceptarlo", RefusedLead: "El formulario no vino de esta página.",
		RefusedNext: "Abra de nuevo el enlace del correo y elija allí una hora.",
		FailedTitle: "Ahora mismo no ha funcionado", FailedLead: "El fallo es nuestro, no suyo.",
		FailedNext: "Inténtelo de nuevo en un minuto. Elegir dos veces la misma hora no hace daño.",
		Footer:     "Esta página no usa cookies ni sigue a nadie.",
	},
}
