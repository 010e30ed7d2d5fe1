"""The words of the spoken frame: how a chapter is announced, how a book ends, and who made it, by language."""

# ruff: noqa: RUF001 # letters of other scripts, and the quotation marks of each language

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. `closing` has a {title}, and `chapter` a {number}.

    That stays a figure where `figures` is true: narrators' models read it as the language wants it, "Глава первая".

    `made` says that the story was written and narrated by AI, `told` that a text of a person's own was narrated by it.
    """

    chapter: str
    closing: str
    made: str
    told: str
    figures: bool = False


ENGLISH = Words(
    "Chapter {number}",
    "You have been listening to “{title}”.",
    "This story was written and narrated by artificial intelligence.",
    "This story was narrated by artificial intelligence.",
)

FRAME_WORDS = {
    "en": ENGLISH,
    "de": Words(
        "Kapitel {number}",
        "Das war „{title}“.",
        "Diese Geschichte wurde von künstlicher Intelligenz geschrieben und vorgelesen.",
        "Diese Geschichte wurde von künstlicher Intelligenz vorgelesen.",
    ),
    "es": Words(
        "Capítulo {number}",
        "Esto ha sido «{title}».",
        "Esta historia ha sido escrita y narrada por inteligencia artificial.",
        "Esta historia ha sido narrada por inteligencia artificial.",
    ),
    "fr": Words(
        "Chapitre {number}",
        "Vous venez d'écouter « {title} ».",
        "Cette histoire a été écrite et lue par une intelligence artificielle.",
        "Cette histoire a été lue par une intelligence artificielle.",
    ),
    "it": Words(
        "Capitolo {number}",
        "Avete ascoltato «{title}».",
        "Questa storia è stata scritta e narrata da un'intelligenza artificiale.",
        "Questa storia è stata narrata da un'intelligenza artificiale.",
    ),
    "pt": Words(
        "Capítulo {number}",
        "Chega assim ao fim “{title}”.",
        "Esta história foi escrita e narrada por inteligência artificial.",
        "Esta história foi narrada por inteligência artificial.",
    ),
    "nl": Words(
        "Hoofdstuk {number}",
        "Dit was ‘{title}’.",
        "Dit verhaal is geschreven en voorgelezen door kunstmatige intelligentie.",
        "Dit verhaal is voorgelezen door kunstmatige intelligentie.",
    ),
    "pl": Words(
        "Rozdział {number}",
        "To była historia pod tytułem „{title}”.",
        "Tę historię napisała i przeczytała sztuczna inteligencja.",
        "Tę historię przeczytała sztuczna inteligencja.",
        figures=True,
    ),
    "sv": Words(
        "Kapitel {number}",
        "Det här var ”{title}”.",
        "Den här berättelsen är skriven och uppläst av artificiell intelligens.",
        "Den här berättelsen är uppläst av artificiell intelligens.",
    ),
    "da": Words(
        "Kapitel {number}",
        "Det var »{title}«.",
        "Denne fortælling er skrevet og læst op af kunstig intelligens.",
        "Denne fortælling er læst op af kunstig intelligens.",
    ),
    "no": Words(
        "Kapittel {number}",
        "Dette var «{title}».",
        "Denne fortellingen er skrevet og lest av kunstig intelligens.",
        "Denne fortellingen er lest av kunstig intelligens.",
    ),
    "fi": Words(
        "Luku {number}",
        "Kuuntelit tarinan ”{title}”.",
        "Tämän tarinan on kirjoittanut ja lukenut tekoäly.",
        "Tämän tarinan on lukenut tekoäly.",
    ),
    "cs": Words(
        "Kapitola {number}",
        "Poslouchali jste příběh „{title}“.",
        "Tento příběh napsala a přečetla umělá inteligence.",
        "Tento příběh přečetla umělá inteligence.",
        figures=True,
    ),
    "sk": Words(
        "Kapitola {number}",
        "Počúvali ste príbeh „{title}“.",
        "Tento príbeh napísala a prečítala umelá inteligencia.",
        "Tento príbeh prečítala umelá inteligencia.",
        figures=True,
    ),
    "hu": Words(
        "{number}. fejezet",
        "Elhangzott: „{title}”.",
        "Ezt a történetet mesterséges intelligencia írta és olvasta fel.",
        "Ezt a történetet mesterséges intelligencia olvasta fel.",
        figures=True,
    ),
    "ro": Words(
        "Capitolul {number}",
        "Ați ascultat „{title}”.",
        "Această poveste a fost scrisă și narată de inteligența artificială.",
        "Această poveste a fost narată de inteligența artificială.",
        figures=True,
    ),
    "hr": Words(
        "Poglavlje {number}",
        "Slušali ste priču „{title}”.",
        "Ovu je priču napisala i pročitala umjetna inteligencija.",
        "Ovu je priču pročitala umjetna inteligencija.",
        figures=True,
    ),
    "ca": Words(
        "Capítol {number}",
        "Això ha estat «{title}».",
        "Aquesta història ha estat escrita i narrada per intel·ligència artificial.",
        "Aquesta història ha estat narrada per intel·ligència artificial.",
        figures=True,
    ),
    "tr": Words(
        "{number}. bölüm",
        "“{title}” adlı hikâyeyi dinlediniz.",
        "Bu hikâye yapay zekâ tarafından yazıldı ve seslendirildi.",
        "Bu hikâye yapay zekâ tarafından seslendirildi.",
        figures=True,
    ),
    "el": Words(
        "Κεφάλαιο {number}",
        "Ακούσατε την ιστορία «{title}».",
        "Την ιστορία αυτή την έγραψε και την αφηγήθηκε τεχνητή νοημοσύνη.",
        "Την ιστορία αυτή την αφηγήθηκε τεχνητή νοημοσύνη.",
        figures=True,
    ),
    "ru": Words(
        "Глава {number}",
        "Вы слушали историю «{title}».",
        "Эту историю написал и озвучил искусственный интеллект.",
        "Эту историю озвучил искусственный интеллект.",
        figures=True,
    ),
    "uk": Words(
        "Розділ {number}",
        "Ви слухали історію «{title}».",
        "Цю історію написав і озвучив штучний інтелект.",
        "Цю історію озвучив штучний інтелект.",
        figures=True,
    ),
    "bg": Words(
        "Глава {number}",
        "Слушахте историята „{title}“.",
        "Тази история е написана и разказана от изкуствен интелект.",
        "Тази история е разказана от изкуствен интелект.",
        figures=True,
    ),
    "ja": Words(
        "第{number}章",
        "「{title}」をお聴きいただきました。",
        "この物語の文章と朗読は、人工知能によるものです。",
        "この物語の朗読は、人工知能によるものです。",
        figures=True,
    ),
    "ko": Words(
        "제{number}장",
        "지금까지 들으신 이야기는 “{title}”입니다.",
        "이 이야기는 인공지능이 쓰고 낭독했습니다.",
        "이 이야기는 인공지능이 낭독했습니다.",
        figures=True,
    ),
    "zh": Words(
        "第{number}章",
        "您刚才听到的是《{title}》。",
        "这个故事由人工智能创作并朗读。",
        "这个故事由人工智能朗读。",
        figures=True,
    ),
    "zh-hant": Words(
        "第{number}章",
        "您剛才聽到的是《{title}》。",
        "這個故事由人工智慧創作並朗讀。",
        "這個故事由人工智慧朗讀。",
        figures=True,
    ),
    "ar": Words(
        "الفصل {number}",
        "استمعتم إلى «{title}».",
        "كُتبت هذه القصة ورُويت بالذكاء الاصطناعي.",
        "رُويت هذه القصة بالذكاء الاصطناعي.",
        figures=True,
    ),
    "he": Words(
        "פרק {number}",
        "האזנתם לסיפור „{title}”.",
        "הסיפור הזה נכתב והוקרא על ידי בינה מלאכותית.",
        "הסיפור הזה הוקרא על ידי בינה מלאכותית.",
        figures=True,
    ),
    "hi": Words(
        "अध्याय {number}",
        "आप सुन रहे थे “{title}”।",
        "यह कहानी कृत्रिम बुद्धिमत्ता द्वारा लिखी और सुनाई गई है।",
        "यह कहानी कृत्रिम बुद्धिमत्ता द्वारा सुनाई गई है।",
        figures=True,
    ),
    "id": Words(
        "Bab {number}",
        "Anda telah mendengarkan “{title}”.",
        "Cerita ini ditulis dan dibacakan oleh kecerdasan buatan.",
        "Cerita ini dibacakan oleh kecerdasan buatan.",
        figures=True,
    ),
    "vi": Words(
        "Chương {number}",
        "Bạn vừa nghe “{title}”.",
        "Câu chuyện này do trí tuệ nhân tạo viết và đọc.",
        "Câu chuyện này do trí tuệ nhân tạo đọc.",
        figures=True,
    ),
    "th": Words(
        "บทที่ {number}",
        "คุณเพิ่งฟังเรื่อง “{title}” จบ",
        "เรื่องนี้เขียนและอ่านโดยปัญญาประดิษฐ์",
        "เรื่องนี้อ่านโดยปัญญาประดิษฐ์",
        figures=True,
    ),
}
"""By language code; Chinese in traditional characters has its own."""

TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
SAME_AS = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "bs": "hr"}
"""Codes whose words are those of another one."""


def code_of(language: str) -> str:
    """Return the code of a language, a BCP 47 tag, under which its words are found."""
    code, *rest = language.replace("_", "-").casefold().split("-")
    if code == "zh" and TRADITIONAL & set(rest):
        return "zh-hant"
    return SAME_AS.get(code, code)


def words_in(language: str) -> Words | None:
    """Return the words of a language; None if there are none."""
    return FRAME_WORDS.get(code_of(language))
