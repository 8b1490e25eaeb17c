"""Words that name everything and nothing, from general knowledge of the languages: nobody learns by being asked for them.

What a field means by one of them is told by the words beside it ("blood pressure"), so they count for single words only.
"""

from __future__ import annotations

from structtuning_plugin.taxonomy.offline.lexicon import lexicon_of

_GENERIC = {
    "en": """ability account act action addition advantage age aid amount answer apparatus appearance application area
        arrangement aspect attention average base basis beginning behavior bit body branch bulk care case cause center
        centre certain chance change character characteristic chief circumstance class close combination common comparison
        condition connection consequence consideration constant contact contrary control core couple course danger day
        deal degree depth detail development device diameter difference difficulty direction distance division duty ease
        edge effect effort element end entire equal equivalent event evidence exception existence expression extent fact
        factor failure familiar fashion feature few fifth fifty figure final fine form former foundation four fourth free
        frequent full function fundamental further future general goal good great greater group habit half hand head
        height help high hour hundred idea illustration importance important inch increase individual influence inside
        instance instant instrument interest interval item job keep key kind knowledge lack large larger last latter layer
        lead length less level life light like limit line list little location long lot low lower main majority man manner
        mark mass material matter maximum mean means measure member men method middle mile minimum minute mode moment
        month most motion movement name natural nature near necessity need new night nine ninth normal number object
        objective observation occasion office old operation opinion opposite option order ordinary organ origin original
        outcome outline outside pair part particular party passage past pattern people percent period person piece place
        plan plane plenty point portion position possible power practical practice presence present pressure previous
        price principal principle problem procedure process product progress proof proper property proportion purpose
        quality quantity question quick quiet range rapid rate reach ready real reason recent record reference region
        regular relation relationship remainder remains remark requirement respect rest result return reverse right role
        room root round row rule same scale scene scope seat second section sense series serious set seven several severe
        shape short side sign significance similar simple single situation six sixth size slight slow small sort source
        space special specific speed stage standard start state statement step stop stress strong structure study stuff
        subject substance success sudden sufficient sum summary supply support surface surrounding system task ten
        tendency tenth term test thing third thirty thought thousand three time title tone top total touch treatment
        trouble true truth turn twelve twenty two type understanding unit upper use useful usual utmost value variation
        variety various version view violent way week weight whole wide width woman women word work world year young yard
        feet foot others experiment experience example beginner student pupil reader author teacher lesson book text
        writer story note mention doubt wonder eight eighth million dozen hundredth fraction quarter thirds persons
        individuals hours days weeks months years inches miles minutes seconds simplest easiest commonest drop pint quart
        ounce ounces pound pounds grain grains tablespoonful teaspoonful degrees attempt choice desire demand wish wishes
        decision favor sake trace glance sight hint hints adult boy girl lad friend everybody everyone nobody nothing
        something anything everything somebody someone anyone anybody left behind ahead away back forward backward forth
        together apart alike alone almost already else ever far perhaps merely simply chiefly mainly able unable due
        liable likely unlikely""",
    "fr": """abord différent différente divers diverse nombreux nombreuse endroit mesure outil dizaine majorité action
        aide ainsi année autre besoin bout but cas cause chacun chaque chose circonstance compte condition côté coup cours
        cadre dernier dernière dire début demande différence difficulté durée effet élément ensemble espèce étape état
        exemple façon fait faut fin fois fond forme général grâce groupe heure idée important intérêt jour jours liste
        lieu lors maintenant manière matière mieux mise mode moins moment moyen mois nature niveau nom nombre nouveau
        nouvelle objet occasion ordre origine page partie pas peine petit petite place plupart plus point porte possible
        possibilité présence premier première principe prise problème propos propre raison rapport reste résultat rôle
        section semaine sens seul seule simple simplement situation soin solution sorte sujet suite suivant suivante temps
        terme tour toujours type unité usage utilisation valeur vérité vie voie vue utile nécessaire disponible grand
        grande bon bonne facile difficile rapide meilleur meilleure certain certains souvent parfois beaucoup tout""",
    "es": """dónde verdadero verdadera tus asunto rango propósito diverso diversa numeroso acción ayuda año cada cambio
        caso causa cierto cierta circunstancia clase condición conjunto cosa cuenta cuestión detalle día diferencia
        dificultad duda efecto ejemplo elemento especie estado etapa falta fin final forma fondo grado grupo hecho hora
        idea importante interés lado lista lugar manera mayor mayoría medida medio mejor menor menos mes método momento
        motivo modo naturaleza necesidad nivel nombre número nuevo nueva objeto ocasión opción orden origen página parte
        paso peor persona poco posible posibilidad presencia primer primera primero principal principio problema propia
        propio pregunta proceso punto razón relación respuesta resto resultado saber sección semana sentido serie
        siguiente simple situación solución suficiente tema tiempo tipo último última unidad uso utilidad valor veces vez
        vida vista buena bueno gran grande dueño útil necesario disponible fácil difícil rápido rápida siempre nunca mucho
        muchos""",
    "de": """art aufgabe beispiel bereich bedingung dinge ding ende fall form frage ganze grad grund gruppe hilfe idee
        jahr lage liste maß menge mensch möglichkeit name ort person problem punkt recht reihe rolle seite sinn stelle
        stück tag teil typ uhr unterschied ursache verhältnis weg weise welt wert wirkung woche wort zahl zeit ziel
        zusammenhang zustand""",
    "ru": """месте любой любом любая любое большинство преимущество результат вид виды видом вопрос вопросы время выбор
        год года годы дело день деле задача значение зависимости исключение каждый качестве качество количество количества
        конец конца кроме лица людей люди место места мере метод мир момент начало начале необходимость образ образом
        объект область один одна одно описание основа основе ответ отличие остальное очередь ошибка пара параметр период
        получение помощь помощи польза порядок порядка последний правило право пример причина причине причины проблема
        проблемы процесс пункт путь путём работа раз раза разница ряд рядом решение роль связь сила случай случае случая
        случаев слово слова смысл содержание соответствие список способ способом сторона стороны суть степень структура
        существование такой тема течение тип типа точка условие уровень факт форма форме формы функция цель цели целью
        часть части число шаг шага шагов этап имя имени человек самый самое весь либо нибудь вещь вещи внимание помощью""",
    "pl": """cel czas część człowiek dzień forma fakt grupa ilość istota jeden kolej koniec liczba ludzie metoda miejsce
        moment nazwa niektóre okres osoba osoby poczucie początek podstawa pojęcie powód postać problem proces przykład
        przypadek pytanie raz rodzaj rok rola rzecz skutek słowo sposób stopień strona sytuacja świat temat typ układ
        wartość wiele wpływ wynik względ wybór zadanie zakres zasada znaczenie związek życie""",
    "zh": """显然 文章 技术 现代 官方 丢失 定制 节说明 本文档 本手册 部分 方面 情况 方式 方法 问题 时候 时间 原因 结果
        过程 内容 东西 地方 作用 目的 条件 程度 范围 特点 类型 种类 例子 关系 影响 基础 水平 阶段 步骤 对象 意义 需要 可能
        必须 可以 应该 这样 那样 这里 那里 现在 目前 以后 以前 之后 之前 其他 其它 其中 任何 所有 一些 一个 一种 某些 许多
        很多 大部分 多数 全部 整个 各种 不同 相同 主要 重要 一般 通常 特别 非常 本章 本节 本书 本文 下面 上面 前面 后面
        如何 怎样 什么 哪些 为了 由于 因此 但是 如果 而且 或者 以及 关于 根据 通过 使用 进行 提供 包括 具有 存在 成为 变成
        开始 结束 继续 完成 帮助 说明 介绍 了解 知道 认为 看到 找到 得到 给出 选择 确定 建议 希望 允许 支持 记录 编辑 发送
        关闭 打开 输入 执行 运行 设置 创建 添加 删除 修改 备份 启动 检查 显示 更多 更好 最后 首先 名称 名字 数量 大小 位置
        自己 您的 您可以 相关 正确 错误 信息 功能""",
    "ja": """無効 確実 最低限 欠点 利点 今回 入手 複数 試行 検査 変数用 場合 方法 部分 問題 理由 原因 結果 目的 必要 可能
        内容 状態 状況 種類 例 以下 以上 以外 以前 以後 現在 最初 最後 次 他 多く 一部 全部 全体 一般 通常 特別 重要 主要
        同様 同じ 違い 関係 影響 程度 範囲 位置 時間 時点 段階 作業 処理 動作 使用 利用 実行 設定 選択 変更 確認 表示 取得
        作成 追加 削除 指定 説明 詳細 情報 機能 注意 参照 紹介 対応 提供 名前 数 番号 大きさ もの こと とき ところ これら
        それら 自分 自身 本章 本書 本節 いくつか すべて ほとんど 報告 通知 開始 終了 完了 継続 考慮 意味 手順 最低 最大
        最小 普通""",
}
_WORDS = {language: frozenset(words.split()) for language, words in _GENERIC.items()}


def is_generic(word: str, language: str) -> bool:
    """Whether a word is one of the language's general ones, in the singular or with a plural's "s".

    >>> is_generic("Parts", "en"), is_generic("heart", "en")
    (True, False)
    """
    words = _WORDS.get(language, frozenset())
    word = word.casefold()
    if "-" in word and len(word) > 1:
        return all(is_generic(part, language) for part in word.split("-"))
    singulars = (
        word,
        word.removesuffix("s"),
        word.removesuffix("es"),
        f"{word.removesuffix('ies')}y",
    )
    return word in lexicon_of(language).function or any(singular in words for singular in singulars)
