"""Spanish."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.languages import (
    Apparatus,
    Context,
    Definitions,
    Divisions,
    Exercises,
    Grading,
    Headings,
    Language,
    Lexicon,
    Orders,
    Study,
    WordClasses,
    pattern,
    patterns,
    phrases,
    words,
)

_LEXICON = Lexicon(
    function=words(
        """
        el la los las un una unos unas de del al a en y e o u pero ni que quien cual cuyo donde
        cuando como si no se su sus lo le les me te nos mi tu es son era eran ser sido está
        están estar fue fueron ha han haber había hay puede pueden debe deben por para con sin
        sobre entre hacia desde hasta durante ante bajo tras más menos muy también ya este esta
        estos estas esto ese esa esos esas eso aquel otro otra otros otras todo toda todos todas
        cada mismo misma tan tanto así porque pues sólo solo dos tres ver figura tabla capítulo
        sección ejemplo según mediante cualquier algunos algunas vez aunque ella ellos ellas él
        usted ustedes cuál qué cómo entonces luego además
        """
    ),
    linking=words("de del la el los las un una y e o en a al para por con sin sobre"),
    naming=words("el la los las un una unos unas de del al y su sus este esta estos estas cada"),
    leaning=phrases(
        """
        sin embargo|por lo tanto|por tanto|así|además|asimismo|también|pero|y|o|entonces|luego
        |después|finalmente|por último|por ejemplo|en cambio|por otro lado|no obstante|de hecho
        |en consecuencia|por consiguiente|del mismo modo|él|ella|ellos|ellas|este|esta|estos
        |estas|esto|ese|esa|esos|esas|eso|aquel|su|sus|otro|otra|otros|otras|ambos|en este caso
        |en estos casos|tenga en cuenta|observe que|nótese|de lo contrario|si no
        """
    ),
    pointing=words(
        """
        este esta estos estas esto ese esa esos esas eso su sus dicho dicha dichos dichas mismo
        misma ello ellos
        """
    ),
    chapter=phrases(
        """
        en este capítulo|en esta sección|en este apartado|este capítulo|esta sección
        |este apartado
        """
    ),
    defining=words("es son era eran significa permite permiten"),
    binding=words("de del y e o u"),
)

_APPARATUS = Apparatus(
    names=pattern(
        r"""
        índice(?: (?:general|alfabético|analítico|temático|onomástico|de (?:contenidos?|materias
        |figuras|tablas|autores|nombres)))?
        |contenidos?|tabla de contenidos?|sumario|en (?:este|esta) (?:capítulo|sección|unidad
        |lección)|esquema del capítulo
        |(?:objetivos?|metas?|resultados?)(?: de(?:l)? (?:aprendizaje|capítulo|la unidad
        |la sección|la lección)| específicos| generales)?
        |lo que aprenderá[s]?|qué (?:aprenderás?|vas a aprender)|antes de (?:empezar|leer)
        |resumen|resúmenes|en resumen|síntesis|recapitulación|repaso|ideas? (?:clave|principales)
        |puntos? (?:clave|principales|importantes)
        |conceptos? principales|ecuaciones clave|para recordar|lo esencial|conclusiones clave
        |preguntas?(?: de (?:repaso|revisión|comprensión|reflexión|discusión|pensamiento crítico
        |autoevaluación|opción múltiple|debate|estudio|respuesta corta)| críticas| conceptuales
        | frecuentes de examen)?
        |cuestiones(?: de repaso)?|cuestionarios?|autoevaluación
        |test de autoevaluación|comprueba (?:tus conocimientos|tu comprensión|lo aprendido)
        |compruebe (?:sus conocimientos|su comprensión|su aprendizaje)|pensamiento crítico
        |para (?:reflexionar|pensar|discutir|debatir)
        |(?:ejercicios|problemas|cuestiones) (?:propuest[oa]s|resuelt[oa]s|adicionales|de desafío
        |de práctica|de repaso)
        |ejercicios?|problemas|actividades|tareas|deberes|prácticas|soluciones|solucionario
        |respuestas|claves? de respuestas
        |referencias(?: bibliográficas)?|bibliografía|webgrafía|obras citadas|literatura citada
        |fuentes
        |lecturas? (?:recomendadas?|complementarias?|adicionales|sugeridas?)|para saber más
        |para profundizar|más información
        |recursos (?:adicionales|en línea|complementarios)|enlaces(?: externos| de interés)?
        |véase también
        |notas(?: al pie| finales)?|créditos(?: (?:de (?:las )?(?:imágenes|fotos|fotografías
        |ilustraciones|figuras)|fotográficos))?
        |agradecimientos|reconocimientos|prefacio|prólogo|presentación del libro|dedicatoria
        |colofón|advertencia|aviso legal
        |derechos de autor|copyright|licencia|fe de erratas|erratas|epílogo
        |(?:acerca|sobre) (?:del autor|de la autora|de los autores|de este (?:libro|manual
        |documento)|el autor|los autores|este libro)
        |cómo (?:usar|utilizar) este libro|al lector|nota (?:al lector|del autor|de los autores)
        |lista de (?:figuras|tablas|abreviaturas|símbolos|siglas|ilustraciones|colaboradores)
        |abreviaturas|siglas
        |apéndices?|anexos?|colaboradores
        """
    ),
    glossaries=pattern(
        r"""
        glosarios?|vocabulario|(?:términos|palabras|conceptos)[- ](?:clave|claves|importantes
        |básicos|nuevos)
        |léxico|lista de términos|definiciones de términos
        """
    ),
    around=pattern(
        r"""
        capítulos?|secci(?:ón|ones)|unidad(?:es)?|lecci(?:ón|ones)|partes?|módulos?|tema|temas|de
        |del|la|el|los|las
        |y|o|e|a|al|para|en|con|sobre|este|esta|final|finales|continuación|cont|detallado|general
        |generales
        |seleccionad[oa]s|adicionales|complementari[oa]s|críticas|principales|libro|autores
        """
    ),
    titled="apéndice|anexo",
    openings=pattern(
        r"""
        al (?:final(?:izar)?|terminar|concluir|completar)(?: de)? (?:este|esta|el presente
        |la presente) (?:capítulo|sección|unidad|lección|módulo|tema)
        |después de (?:leer|estudiar|completar) (?:este|esta) (?:capítulo|sección|unidad|lección
        |módulo|tema)
        |tras (?:leer|estudiar) (?:este|esta) (?:capítulo|sección|unidad)
        |todos los derechos reservados|©|isbn
        """
    ),
)

_HEADINGS = Headings(
    apparatus=_APPARATUS,
    part="Parte {}",
    numbered=patterns("capítulo sección parte lección apéndice tema unidad"),
    chapters=("capítulo",),
    back_matter=frozenset(
        phrases(
            """
            índice|índice alfabético|contenido|tabla de contenidos|referencias|bibliografía
            |lecturas recomendadas|ejercicios|preguntas de repaso|preguntas de revisión
            |soluciones|respuestas|clave de respuestas|agradecimientos
            """
        ),
    ),
    ambiguous=frozenset({"soluciones"}),
)

_GENERIC = words(
    """
    dónde ahí aquí allí allá mundo
    verdadero verdadera tus asunto rango propósito diverso diversa numeroso acción ayuda
    año cada cambio caso causa cierto cierta circunstancia clase condición conjunto cosa cuenta
    cuestión detalle día diferencia dificultad duda efecto ejemplo elemento especie estado etapa
    falta fin final forma fondo grado grupo hecho hora idea importante interés lado lista lugar
    manera mayor mayoría medida medio mejor menor menos mes método momento motivo modo
    naturaleza necesidad nivel nombre número nuevo nueva objeto ocasión opción orden origen
    página parte paso peor persona poco posible posibilidad presencia primer primera primero
    principal principio problema propia propio pregunta proceso punto razón relación respuesta
    resto resultado saber sección semana sentido serie siguiente simple situación solución
    suficiente tema tiempo tipo último última unidad uso utilidad valor veces vez vida vista
    buena bueno gran grande dueño útil necesario disponible fácil difícil rápido rápida siempre
    nunca mucho muchos nada acuerdo respecto mitad tercer tercero tercera cuarto cuarta
    """
)

_CONTEXT = Context(
    worked=phrases("estrategia|solución|importancia"),
    connectives=phrases(
        """
        sin embargo|además|por ejemplo|por lo tanto|por tanto|así pues|asimismo|en consecuencia
        |no obstante|de hecho|igualmente|por consiguiente|en general
        """
    ),
    adverbs=phrases("también|además|asimismo"),
    elsewhere=patterns(
        r"""
        siguientes? anterior(?:es)? abajo arriba consult[ea]n? consultar véase vea más\sinformación
        (?:puede|podrá)n?\sencontrar encontrará sugerimos recomendamos asumamos supongamos
        en\s(?:el|la|otro|otra)\s(?:capítulo|sección|apartado) a\scontinuación mencionad[oa]s?
        aquí
        se\s(?:ha\s(?:dicho|visto)|vio|mencionó|muestran?)
        (?:próxim|otr|últim)[oa]s?\s(?:capítulo|sección|apartado|secciones)s?
        más\sadelante
        """
    ),
    numbered=patterns(
        """
        tabla figuras? capítulos? sección secciones página partes? ejemplos? anexos? apéndices?
        ecuaci(?:ón|ones)
        """
    ),
    pictures=r"""
        \b(?:en|de)\sl[ao]s?\s(?:figura|ilustración|ilustracione|fotografía|foto)s?\b
        | \b(?:l[ao]s?|el)\s(?:figura|imagen|imágene|gráfic[ao]|diagrama|ilustración|ilustracione
            |fotografía|foto|dibujo|mapa|tabla|cuadro)s?\s(?:muestra|ilustra|enumera|representa
            |presenta|compara|resume|indica|describe|recoge)n?\b
        | \ben\s(?:la\simagen|el\s(?:gráfico|dibujo|diagrama))\sse\b""",
    captions=("tabla", "figura"),
    speaking=patterns(
        r"""
        nosotros nuestr[oa]s? usted ustedes tú tus? te contigo puedes debes deberías tienes quieres
        dese[ae]s est[áé]s necesitas podrás tendrás tenías verás serle por\sfavor
        se\snos (?!(?:\w*gr|t?r)amos|(?:ext|sup|t)?remos|\w*[áéíóú]\p{L}{1,2}imos)\p{L}+[aei]mos
        """
    ),
    pointing=patterns(
        r"[eé]st[aeo]s? es[oe]s? esas? dich[oa]s? (?:uno|una|ninguno|cualquiera)\sde\sl[oa]s\sdos"
    ),
    one_of_several=r"""
        (?:la\srespuesta\s(?:es|se|a\sest[ae])|el\sresultado\ses|ahora)\b
        | (?:algun[oa]s|much[oa]s|tod[oa]s|vari[oa]s|amb[oa]s|ningun[oa]|cada\sun[oa])\s
            (?:son|es|están|está|de\sell[oa]s)\b
        | (?:el|la|los|las)\s(?:primer[oa]?s?|segund[oa]s?|tercer[oa]?|últim[oa]s?|mism[oa]s?)\b
        | (?:el|la|los|las)\s(?:otr[oa]s?\b|principal(?:es)?\s(?:es|son)\b)
        | (?:para\sello|de\seste|en\sambos|(?:existen?|hay)\s(?:otr|algun|vari)[oa]s?)\b
        | (?:para|al|por|de)\s\p{L}+[aeií]r(?:l[aeo]s?|se)\b | si\s(?:l[aeo]s?|no\sl[aeo]s?)\s
        | (?:(?:un|otro)\sejemplo|not[ae](?:\sque)?|de\sotro\smodo|la\s(?:des)?ventaja\ses
            |por\s(?:cierto|el\scontrario)|que|desde\saquí|en\sprimer\slugar|obsérvese
            |recordará|puede\sser|tal\svez|les?\s\p{Ll}+[ae]n?|más\sgeneralmente
            |se\spuede\susar\spara|l[oa]s\s(?:dos|tres|cuatro)
            |un\sbuen\sejemplo|el\sproblema\ses|como\s(?:consecuencia|resultado)|pued[ea]\sver
            |(?!hab)\p{L}+(?:aban?|ían))\b""",
)

_ORDERS = Orders(
    pattern=r"""
        (?:simplemente,?\s|(?:para|si|cuando|con|en|a|al)\b[^,]{3,80},\s)?
        (?:use|utilice|seleccione|elija|consulte|vea|asegúrese|compruebe|introduzca|pulse|tenga|siga
        |escriba|ejecute|lea|recuerde|inserte|reinicie|copie|cree|busque|revise|calcule|halle
        |encuentre|determine|considere|imagine|suponga|observe|dibuje|exprese|demuestre|resuelva
        |estime|compare|explique|describa|grafique|trace|muestre|indique|obtenga|sustituya|repita
        |piense|tome|haga|ponga|coloque|identifique|deduzca|verifique|analice|mida)\b"""
)

_DEFINITIONS = Definitions(
    articles=patterns("el la los las una?"),
    is_kind=(
        r"(?:es|son)\s(?:un|una|unos|unas|el|la|los|las|aquel|aquella)"
        r"|(?:es|son)(?=\s(?!\w+[ai]d[oa]s?\b|\w+mente\b|casi\b)\p{Ll}{4,}"
        r"(?:\s(?!(?:de|en|a|la|el|los|las|un|una)\b)\p{Ll}+){1,3}?\sque\b)"
    ),
    no_kind=patterns(
        r"""
        mucho mucha mism[oa]s? únic[oa]s? primer[oa]?s? últim[oa]s? mejor(?:es)? peor(?:es)? más
        menos caso
        hecho poco buena? resultado causa que de del cual importante posible necesario probable
        fácil difícil ciert[oa] claro evidente verdad decir
        """
    ),
    vague=patterns(
        r"""
        causas? preocupaci(?:ón|ones) maneras? modos? formas? ejemplos? tareas? necesidad\w*
        problemas? cuesti(?:ón|ones) preguntas? desafíos? retos? prioridad\w* raz(?:ón|ones)
        motivos?
        resultados? metas? objetivos? elecci(?:ón|ones) opci(?:ón|ones) ideas? riesgos? amenazas?
        peligros? temas? ventajas? desventajas? beneficios? factor(?:es)? señal(?:es)? éxito fracaso
        error(?:es)? alternativas? regla ayuda fuentes? claves? pilar(?:es)? aspectos?
        característic[oa]s? excepci(?:ón|ones) requisitos? deber inicio comienzo responsabilidad\w*
        blancos? víctimas? consecuencias? soluci(?:ón|ones) medios? hábitos? poco
        demostraci(?:ón|ones) sello
        buen buen[oa]s? mal[oa]?s? mejor(?:es)? peor(?:es)? gran grandes? importantes? serio seria
        principal(?:es)? grave\w* popular(?:es)? efica\w+ efectiv[oa]s? útil(?:es)? valios[oa]s?
        excelentes? ideal(?:es)? perfect[oa]s? fácil(?:es)? sencill[oa]s? rápid[oa]s? frecuentes?
        típic[oa]s? esencial(?:es)? vital(?:es)? crucial(?:es)? posibles? probables?
        necesari[oa]s? conocid[oa]s? comun(?:es)? común diferentes? fundamental(?:es)?
        predeterminad[oa]s?
        recomendad[oa]s? interesantes? adecuad[oa]s?
        """
    ),
    relative=words("que cual cuyo cuya donde quien usado usada utilizado utilizada"),
    means=r"significan?|se\sdefinen?\scomo|designan?|se\srefieren?\sa",
    called=r"se\s(?:llaman?|denominan?|conocen?\scomo)\s(?:el\s|la\s|los\s|las\s)?",
    negated=r"\bsignifican?\sque\b|\bno\sexiste\b",
    no_terms=words("qué quién esto eso ello cuál lo expresión excepción elección"),
    no_first=patterns(
        r"""
        primer[oa]?s? segund[oa]s? tercer[oa]?s? últim[oa]s? únic[oa]s? otr[oa]s? mayoría
        algun[oa]s?
        algún vari[oa]s tod[oa]s? ambos ambas tal tales cuanto much[oa]s? mism[oa]s? hoy
        actualmente \w+mente si cuando
        como en para por con sin según uno tipo ejemplos? términos? unidad(?:es)? cantidad(?:es)?
        estrategia
        """
    ),
)

_WORD_CLASSES = WordClasses(
    before_nouns=words(
        "el la los las un una unos unas del de al su sus este esta estos estas cada"
    ),
    before_verbs=words("se no que puede pueden debe deben lo le les nos me te ya también para"),
    degrees=words("es son está están muy más menos bastante tan"),
    than="que",
    determiners=words("el la los las un una unos unas este esta estos estas su sus"),
    abstract=(
        r"(?:ción|sión|dad|miento|ancia|encia|ismo)$"
        r"|(?:ciones|siones|dades|mientos|ancias|encias)$"
    ),
    no_noun=r"""
        ^(?!(?:lugar|hogar|mar|par|bar|pilar|ejemplar|altar|collar|dólar|azúcar|celular|mujer|taller
            |poder|deber|carácter|líder|máster|router|elixir|nadir)$).*[aei]r$
        | (?:mente|ando|iendo|ables?|ibles?|arlo|erlo|irlo|arse|erse|irse|aría|ará|arán|emos
            |amos)$""",
)

_GRADING = Grading(
    list_and="y",
    markers=(
        "Respuesta:",
        "respuesta es",
        "respuestas son",
        "respuesta correcta es",
        "respuestas correctas son",
        "respuesta final es",
        "respuesta sería",
        "Respuestas:",
        "Respuesta correcta:",
        "Respuestas correctas:",
        "Respuesta final:",
        "opción correcta es",
        "opciones correctas son",
        "opción correcta:",
    ),
    letter_words="AEOUY",
    choosing=phrases(
        """
        opción|opciones|respuestas?|la|las|es|son|elijo|luego|por lo tanto|por tanto|así que|sino
        """
    ),
    intro_articles=("la ", "las ", "el "),
    intro=("opción", "opciones"),
    right=r"(?:es|son)\s+(?:la\s+)?(?:correct[ao]s?|verdader[ao]s?)",
    wrong=r"no\s+(?:es|son)|(?:es|son)\s+(?:fals[ao]s?|incorrect[ao]s?)",
    denial=phrases(r"no|sin|excepto|en vez de|descart\w+"),
    small_words=patterns("de la el los las una en"),
    conclusion=phrases("por lo tanto|por tanto|así que|en conclusión|luego"),
    goes_on=patterns("porque ya es son y e o pues"),
    or_words=("o", "u"),
    and_words=("y", "e"),
)

_DIVISIONS = Divisions(
    volumes=patterns("tomo volumen libro"),
    parts=("parte",),
    chapters=patterns(r"capítulo capitulo cap\. lección unidad tema módulo"),
    sections=patterns("sección seccion"),
    articles=patterns(r"artículo articulo art\."),
    annexes=patterns("apéndice anexo"),
    numbers=patterns("uno dos tres cuatro cinco seis siete ocho nueve diez"),
    pages=("página",),
    contents=phrases("índice|contenido|contenidos|en este capítulo|en esta página|sumario"),
    own_level=frozenset(
        phrases(
            "prefacio|prólogo|introducción|resumen|conclusión|conclusiones|glosario|anexos|notas"
        )
    ),
    boxes=frozenset(
        phrases(
            """
            nota|sugerencia|consejo|atención|precaución|advertencia
            |aviso|importante|peligro
            """
        )
    ),
)

_STUDY = Study(
    refusals=phrases(
        """
        no puedo|lo siento|lamento|como modelo de lenguaje|como ia|
        como inteligencia artificial|disculpa|disculpe
        """
    ),
    passage_words=phrases(
        """
        este pasaje|el pasaje|según el texto|en el texto|este texto|el fragmento|
        este fragmento
        """
    ),
)

LANGUAGE = Language(
    code="es",
    names=words("spanish castilian spa"),
    exam_words=words(
        """
        cual cuales que quien cuando donde como siguiente siguientes afirmacion afirmaciones
        respuesta respuestas correcta correctas correcto correctos incorrecta incorrectas
        verdadera verdaderas falsa falsas falso cierta ciertas senale senalar indique excepto
        respecto relacion opcion opciones elija pregunta
        """
    ),
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        orders=_ORDERS,
        definitions=_DEFINITIONS,
        word_classes=_WORD_CLASSES,
    ),
    grading=_GRADING,
    divisions=_DIVISIONS,
    study=_STUDY,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register Spanish."""
    return [LANGUAGE]
