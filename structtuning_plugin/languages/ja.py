"""Japanese.

It has no `linking` or `naming` words, no `pointing` ones in the lexicon, and no word classes: words
have no blanks between them, and the change of the script shows where names end.
"""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.languages import (
    Apparatus,
    Compounds,
    Context,
    Definitions,
    Divisions,
    Exercises,
    Grading,
    Headings,
    Language,
    Lexicon,
    Orders,
    Sentences,
    Study,
    pattern,
    patterns,
    phrases,
    words,
)
from structtuning_plugin.languages.unicode import HIRAGANA_LETTERS, JAPANESE

_LEXICON = Lexicon(
    function=words(
        """
        の に は を が と で も や か へ て た だ な い る う れ ら り す し さ く け き え お
        ん っ あ よ ね ば こ そ ど み ま む め 等 的 時 事 為 場 合 方 後 前 中 上 下 間 内 以
        """
    ),
    leaning=phrases(
        """
        しかし|したがって|従って|そのため|このため|また|さらに|なお|そして|それから|次に|最後に
        |例えば|たとえば|一方|ただし|ところが|つまり|すなわち|同様に|それ|これ|この|その|あの
        |すると|こう|そう|ここ|そこ|彼|彼女|もし|もちろん|あるいは|または|加えて|他に|ほかに|同じ
        |いずれ|注意
        """
    ),
    chapter=phrases("本章|本節|この章|この節|このセクション"),
    defining=words("は"),
    clause_marks="、，；",
)

_APPARATUS = Apparatus(
    names=pattern(
        r"""
        (?:詳細|図表?|表|総|本書の|章の)?目次|もくじ|索引|さくいん|(?:人名|事項|用語)索引
        |(?:学習|到達|本[章節]の|この[章節]の|章の|授業の)(?:目標|目的|ねらい|内容|概要)|ねらい|目標|学習(?:目標|到達目標|のポイント|課題|成果)|(?:この
        |本)章で学ぶこと|学ぶこと
        |(?:本章の|この章の|章の|本節の|第\d+章の)?(?:まとめ|要約|要点|おさらい|振り返り|ふりかえり|復習|ポイント)|重要ポイント|キーポイント|重要事項
        |(?:復習|演習|練習|確認|章末|例|応用|討論|考察|選択|記述|総合|理解度確認|自己評価|思考|討議|基本|発展)(?:問題|課題|テスト|クイズ|の設問|質問)
        |(?:批判的|クリティカル・?)思考(?:の)?(?:問題|問い|質問|設問|課題)?|クリティカルシンキング(?:問題)?
        |確認テスト|小テスト|理解度チェック|理解度テスト|自己(?:チェック|テスト|診断)|セルフチェック|考えてみよう|話し合ってみよう|やってみよう|設問|問い|問題|課題
        |宿題|ディスカッション|演習|練習
        |(?:解答|回答|答え|解説)(?:例|編)?(?:と(?:解説|解答))?|模範解答|(?:引用・?)?(?:参考|引用)(?:文献|図書|資料|書籍|サイト|url)
        |参照文献|文献(?:一覧|リスト|案内)?|出典|推薦図書|読書案内|さらに学ぶために|さらなる学習のために|関連(?:リンク|項目|図書)|外部リンク
        |注|注釈|脚注|後注|(?:画像|写真|図版|イラスト|図)(?:クレジット|提供|出典|の出典|協力|引用元)|クレジット|謝辞|献辞|(?:はしがき|まえがき|前書き|序文
        |序|緒言)|あとがき|後書き|奥付|著作権(?:表示|について)?|免責事項|凡例|正誤表
        |著者(?:紹介|略歴|について)|訳者あとがき|(?:この本|本書)(?:について|の使い方|の構成|の読み方)|読者の(?:皆様|みなさん)へ|(?:図表?|表|略語|略号
        |記号)(?:一覧|リスト|目次)|略語表?|付録[a-zａ-ｚ\d]*|補遺|ライセンス|改訂履歴
        """
    ),
    glossaries=pattern(
        r"""
        (?:重要|主要|基本|専門|キー)?用語(?:集|解説|一覧|リスト|の解説|の定義|説明)|(?:重要|主要|基本|キー)(?:用語|語句|単語|概念)|キーワード|用語
        |語彙|単語集|グロッサリー?
        """
    ),
    around=pattern(
        r"""
        第|章|節|部|編|課|回|本|この|の|と|および|及び|・|続き|つづき|上|下|各
        """
    ),
    titled="付録",
    openings=pattern(
        r"""
        (?:本章|この章|本節|この節|本単元)(?:を(?:読み終え|読ん|学ん|学習し|終え)|の終わりに|では、?次のこと)|無断(?:転載|複製)|©|isbn
        """
    ),
)

_HEADINGS = Headings(
    apparatus=_APPARATUS,
    part="パート{}",
    numbering=(
        r"第\s*[\d〇零一二三四五六七八九十百千]+\s*(?:[章節編篇回課講]|部(?!分))"
        r"\s*[:：、．.]?\s*(?=\S)",
        r"[一二三四五六七八九十]{1,3}[、．]\s*(?=\S)",
    ),
    back_matter=frozenset(
        phrases("目次|索引|参考文献|参考図書|練習問題|演習問題|問題|解答|謝辞"),
    ),
)

_GENERIC = words(
    """
    無効 確実 最低限 欠点 利点 今回 入手 複数 試行 検査 変数用 場合 方法 部分 問題 理由 原因
    結果 目的 必要 可能 内容 状態 状況 種類 例 以下 以上 以外 以前 以後 現在 最初 最後 次 他
    多く 一部 全部 全体 一般 通常 特別 重要 主要 同様 同じ 違い 関係 影響 程度 範囲 位置 時間
    時点 段階 作業 処理 動作 使用 利用 実行 設定 選択 変更 確認 表示 取得 作成 追加 削除 指定
    説明 詳細 情報 機能 注意 参照 紹介 対応 提供 名前 数 番号 大きさ もの こと とき ところ
    これら それら 自分 自身 本章 本書 本節 いくつか すべて ほとんど 報告 通知 開始 終了 完了
    継続 考慮 意味 手順 最低 最大 最小 普通
    """
)

_CONTEXT = Context(
    worked=phrases("方針|解答|解"),
    connectives=phrases(
        """
        しかし|また|さらに|例えば|たとえば|したがって|そのため|同様に|なお|実際|しかしながら
        """
    ),
    elsewhere=patterns(
        r"""
        [図表]\s*\d 第\s*[\d.]+\s*[章節] [前次上下本]\s*[章節]
        (?:次|前|後|別)の(?:章|節|セクション|項) [先前]に述べ 本[書文] 以下 前述 [上下][面記] 後述
        前記
        """
    ),
    pictures=r"""
        (?<![\p{Han}\p{Katakana}ー])図(?:に?は|に示|から|の[よう通]) | (?<!\p{Han})表に(?:は|示)
        | グラフは[^。]*示""",
    captions=("[図表]",),
    speaking=("私たち", "我々", "あなた"),
    pointing=("この", "その", "これ", "それ", "こう", "そう"),
    one_of_several=(
        r"(?:答えは|解答は|いくつか|両方|前者|後者|第[一二三]|最初の|二番目|まず|では|ここ|そこ|以上|一部の)"
    ),
)

_DEFINITIONS = Definitions(
    unspaced=(
        r"<term>(?:とは|というのは)(?!、?(?:限|違|異な|別|言え|いえ|思|考え|関係|対照|逆|なら|程|無|いう|いっ|呼))"
        r"、?"
        r"|<term>は、?[^。]*(?:のことである|のことです|のことをいう|のことを指す|をいう|を指す|を意味する"
        r"|の総称である|の総称です|の一種である|の一種です)。$"
        r"|<term>は、[^。]*(?:[るすむうくつぶぐぬただなのい])(?:[\p{Han}\p{Katakana}ー]{1,8})(?:である|です)。$"
    ),
    negated=(
        r"(?:もの|こと|ため|から|場合|とき|よう|原因|要因|理由|例|問題|課題|一歩|手段|選択肢|目的|結果|利点"
        r"|欠点|責任|脅威|懸念|鍵|段階|特徴|習慣|必要|可能|重要|有効|最適|的|簡単|困難|経由|通り|一つ|ひとつ"
        r"|一部|部分|要素|条件|前提|方針|役割|仕事|義務|だけ|のみ)(?<!のこと)(?:である|です)。$"
        r"|(?:効果的|一般的|有効|最適|簡単|良|重要|主要)な?い?(?:方法|方式|手法|やり方)(?:である|です)。$"
        r"|(?:ません|ではない|でない|しない|わけではない|なかった)。$"
    ),
    no_terms=words(
        "これ それ ここ そこ 主なもの 次 方法 目的 原因 理由 例 質問 デフォルト 問題 結果 特徴 利点 欠点 今日 現在"
    ),
    no_first=(r"(?:本|当|各|最|第[一二三]).*",),
)

# Names are runs of these characters. A particle or a mark follows them; an ending in hiragana makes
# a verb of them.
_COMPOUNDS = Compounds(
    run=r"[\p{Han}\p{Katakana}ー々]{2,10}+",
    character=r"[\p{Han}\p{Katakana}ー々\p{Latin}]",
    following=(
        r"(?!\p{Hiragana})|で(?!き)|[のはがをにともや、。]|から|まで|より|など|だけ|へ|か、"
    ),
    no_name=r"^[本各同当毎全初次]|[用化的中後前時等毎間内上下毎初]$",
    prefixes=words("お ご"),
)

_GRADING = Grading(
    markers=(
        "答え：",
        "答えは",
        "正解：",
        "正解は",
        "正答：",
        "正答は",
        "解答：",
        "解答は",
        "回答：",
        "回答は",
        "最終回答：",
        "正しい選択肢は",
    ),
    colons=("は",),
    copulas=("です", "である", "だ"),
    choosing=patterns("選択肢 選 は よって したがって つまり"),
    intro=("選択肢", "選"),
    right=r"(?:が|は)(?:正しい|正解|適切)",
    wrong=(
        r"(?:は|が)(?:誤り|違う|違い|不適切|間違い|正しくない)|では?な[いく]|じゃない|ではありません"
    ),
    conclusion=("よって", "したがって", "従って", "以上より"),
    or_words=("または", "もしくは", "か"),
    and_words=("と",),
)

_DIVISIONS = Divisions(
    volumes=patterns("巻 冊"),
    parts=patterns("編 篇 部(?!分)"),
    chapters=patterns("章 回 課 講 話"),
    sections=patterns("節 項"),
    articles=("条",),
    annexes=patterns("付録 附録 別表"),
    pages=patterns("ページ 頁"),
    contents=phrases("目次|この章の内容|本章の内容|このページの内容"),
    own_level=frozenset(
        phrases("まえがき|はじめに|序文|序論|概要|要約|まとめ|結論|おわりに|あとがき|付録|用語集")
    ),
    boxes=frozenset(phrases("注記|注意|ヒント|警告|重要|危険")),
)

_STUDY = Study(
    refusals=phrases(
        """
        申し訳|すみません|お答えできません|aiとして|私はai|言語モデルとして
        """
    ),
    passage_words=phrases(
        """
        この文章|本文|文章中|文中|この一節|上記の文章|テキスト
        """
    ),
)

LANGUAGE = Language(
    code="ja",
    names=words("japanese jpn"),
    spaced=False,
    script=JAPANESE,
    exam_words=words("次下選正誤適切該当問答以外一二三つ") | {HIRAGANA_LETTERS},
    sentences=Sentences(full_width=True),
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        orders=Orders(pattern=r".*(?:ください|なさい|ましょう|下さい)"),
        definitions=_DEFINITIONS,
        compounds=_COMPOUNDS,
    ),
    grading=_GRADING,
    divisions=_DIVISIONS,
    study=_STUDY,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register Japanese."""
    return [LANGUAGE]
