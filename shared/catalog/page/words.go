package page

import (
	"proactive/shared/catalog"
	"proactive/shared/language"
)

var pageWords = map[language.Language]words{
	language.English: {
		generated: "Generated from events/catalog/v1/catalog.json: go test ./shared/catalog/page -update",
		title:     "What is collected",
		intro: "This is all of it. What is not on this page does not leave the lab, whatever the instrument writes: the agent opens only the files named here, " +
			"keeps only these fields, and the cloud checks every value again and drops what does not fit. `agent preview RUNFOLDER` shows what would be sent of a run, before anything is. " +
			"([En español](what-is-collected.es.md).)",
		never: "Never collected: sequencing data, anything of an index read but its length, anything by cycle that could spell a base, sample sheets, names of people, samples, experiments, computers and folders, " +
			"run ids and flow-cell ids (they leave only as digests under a key that the lab keeps), dates finer than a week.",
		beside: "Beside the batches, the service knows what the enrolment says (the instrument's serial number, its site), the size and time of each upload and, as any service does, the network address that calls it.",
		count:  "%d fields. Catalog `%s`.",
		headings: map[catalog.Category]string{
			catalog.InstrumentPerformance: "Instrument performance", catalog.RunPerformance: "Run performance",
			catalog.InstrumentConfiguration: "Instrument configuration", catalog.RunConfiguration: "Run configuration",
		},
		columns: "field, what, read from, value, for each, why, what the lab has of it, kept",
		files:   "Files that are opened", fileColumns: "kind, what, names in any letter case",
		left:        "What is read and stays",
		leftIntro:   "Of the files above, these are known and were decided against. Each receipt counts them by the name in the first column. What is in no table here has no name to us: it is counted as a bare number.",
		leftColumns: "entry, what, why it stays, elements",
		oneOf:       "one of:", text: "text `%s`, at most %d characters", steps: "in steps of", to: "to", days: "days", run: "run",
		types: map[catalog.Type]string{catalog.Number: "number", catalog.Count: "count"},
		dimensions: map[catalog.Dimension]string{
			catalog.Lane: "lane", catalog.Surface: "surface", catalog.Tile: "tile", catalog.Read: "read", catalog.Cycle: "window of 25 cycles or more", catalog.Minute: "hour of the run",
		},
	},
	language.Spanish: {
		generated: "Generado de events/catalog/v1/catalog.json: go test ./shared/catalog/page -update",
		title:     "Qué se recoge",
		intro: "Esto es todo. Lo que no está en esta página no sale del laboratorio, escriba lo que escriba el instrumento: el agente abre solo los archivos que aquí se nombran, " +
			"conserva solo estos campos, y la nube comprueba otra vez cada valor y descarta lo que no encaja. `agent preview RUNFOLDER` muestra lo que se enviaría de una carrera, antes de enviar nada. " +
			"([In English](what-is-collected.md).)",
		never: "Nunca se recogen: datos de secuenciación, nada de una lectura de índice salvo su longitud, nada por ciclo que pueda deletrear una base, hojas de muestras, nombres de personas, muestras, experimentos, equipos y carpetas, " +
			"identificadores de carrera y de celda (salen solo como resúmenes con una clave que guarda el laboratorio), fechas más finas que una semana.",
		beside: "Además de los lotes de datos, el servicio conoce lo que dice la inscripción (el número de serie del instrumento, su sede), el tamaño y la hora de cada envío y, como todo servicio, la dirección de red que lo llama.",
		count:  "%d campos. Catálogo `%s`.",
		headings: map[catalog.Category]string{
			catalog.InstrumentPerformance: "Rendimiento del instrumento", catalog.RunPerformance: "Rendimiento de la carrera",
			catalog.InstrumentConfiguration: "Configuración del instrumento", catalog.RunConfiguration: "Configuración de la carrera",
		},
		columns: "campo, qué, se lee de, valor, por cada, para qué, qué gana el laboratorio, se guarda",
		files:   "Archivos que se abren", fileColumns: "clase, qué, nombres (en mayúsculas o minúsculas)",
		left:        "Qué se lee y se queda",
		leftIntro:   "De los archivos de arriba, esto se conoce y se decidió no enviarlo. Cada recibo lo cuenta por el nombre de la primera columna. Lo que no está en ninguna tabla no tiene nombre para nosotros: se cuenta como un simple número.",
		leftColumns: "entrada, qué, por qué se queda, elementos",
		oneOf:       "uno de:", text: "texto `%s`, de %d caracteres como mucho", steps: "en pasos de", to: "a", days: "días", run: "carrera",
		types: map[catalog.Type]string{catalog.Number: "número", catalog.Count: "cuenta"},
		dimensions: map[catalog.Dimension]string{
			catalog.Lane: "calle", catalog.Surface: "superficie", catalog.Tile: "tesela", catalog.Read: "lectura", catalog.Cycle: "ventana de 25 ciclos o más", catalog.Minute: "hora de la carrera",
		},
	},
}
