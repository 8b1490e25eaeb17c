"""Chinese.

It has no `linking` or `naming` words and no word classes: words have no blanks between them, so the
characters around a word show its kind.
"""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.languages import (
    Context,
    Definitions,
    Divisions,
    Exercises,
    Grading,
    Headings,
    Language,
    Lexicon,
    Neighbours,
    Orders,
    Sentences,
    Study,
    patterns,
    phrases,
    words,
)
from structtuning_plugin.languages.unicode import HAN

_LEXICON = Lexicon(
    function=words(
        """
        的 了 在 是 和 与 或 也 都 就 而 及 着 把 被 对 从 到 为 以 于 之 其 这 那 此 该 它 他
        她 们 我 你 您 不 没 有 很 更 最 会 能 可 要 将 所 个 些 种 并 但 如 若 因 由 向 使 让
        给 上 下 中 里 内 外 后 前 时 等 么 吗 呢 吧 又 还 只 每 各 一 二 三 两 请 用 做 说 进
        行 出 来 去 过 得 地 起 即 则 且 某 另 当 自 至 需 应 已 非 常 第 何
        """
    ),
    leaning=phrases(
        """
        但是|然而|因此|所以|此外|另外|而且|并且|同时|不过|可是|于是|然后|接着|最后|首先|其次
        |例如|比如|相反|另一方面|尽管如此|结果|同样|否则|这|这些|这个|这种|那|那些|它|它们|他|她
        |他们|其|该|此|上述|请注意|注意|也|还|而|但|又|并|如果
        """
    ),
    pointing=words("这 那 它 其 该 此 他 她"),
    chapter=phrases("本章|本节|在本章|在本节|这一章|这一节"),
    defining=words("是"),
)

_HEADINGS = Headings(
    part="第{}部分",
    numbering=(
        r"第\s*[\d〇零一二三四五六七八九十百千]+\s*(?:[章节節编編篇回課课讲講]|部分|部(?!分))"
        r"\s*[:：、．.]?\s*(?=\S)",
        r"[一二三四五六七八九十]{1,3}[、．]\s*(?=\S)",
    ),
    back_matter=frozenset(
        phrases(
            """
            目录|索引|参考文献|参考资料|延伸阅读|习题|练习|练习题|复习题|思考题|答案|参考答案
            |致谢
            """
        ),
    ),
)

_GENERIC = words(
    """
    显然 文章 技术 现代 官方 丢失 定制 节说明 本文档 本手册 部分 方面 情况 方式 方法 问题 时候
    时间 原因 结果 过程 内容 东西 地方 作用 目的 条件 程度 范围 特点 类型 种类 例子 关系 影响
    基础 水平 阶段 步骤 对象 意义 需要 可能 必须 可以 应该 这样 那样 这里 那里 现在 目前 以后
    以前 之后 之前 其他 其它 其中 任何 所有 一些 一个 一种 某些 许多 很多 大部分 多数 全部 整个
    各种 不同 相同 主要 重要 一般 通常 特别 非常 本章 本节 本书 本文 下面 上面 前面 后面 如何
    怎样 什么 哪些 为了 由于 因此 但是 如果 而且 或者 以及 关于 根据 通过 使用 进行 提供 包括
    具有 存在 成为 变成 开始 结束 继续 完成 帮助 说明 介绍 了解 知道 认为 看到 找到 得到 给出
    选择 确定 建议 希望 允许 支持 记录 编辑 发送 关闭 打开 输入 执行 运行 设置 创建 添加 删除
    修改 备份 启动 检查 显示 更多 更好 最后 首先 名称 名字 数量 大小 位置 自己 您的 您可以 相关
    正确 错误 信息 功能
    """
)

_CONTEXT = Context(
    elsewhere=patterns(
        r"""
        [图表]\s*\d 第\s*[\d.]+\s*[章节] [前次上下本]\s*[章节] 本[书文] 如下 以下 上述 前述 下[图表]
        [上下]面
        """
    ),
    captions=("[图表]",),
    speaking=("我们", "咱们", "您", "你"),
    pointing=("这", "此", "该"),
    one_of_several=(
        r"(?:有些|有的|大多数|第[一二三四五]|前者|后者|两者|二者|这里|以上|于是|对此|为此)"
    ),
)

_DEFINITIONS = Definitions(
    unspaced=(
        r"(?:所谓)?(?![在为对把将从当由如若因但并这那该此其每某称使让有没])<term>(?<![还也都并仅只就又常会可不])"
        r"(?:是一[种个类项份款套门]|是指|指的是|即指|的定义是|意味着(?!该|着)"
        r"|(?<!上|身|为|些|步|何|么|就|[一二三四五六七八九十])是(?=[^，。；否因为在以不可最非很基与和由对从一])"
        r"(?=[^，。；]{5,40}的[^的，。；]{1,8}。))"
    ),
    # The predicate judges the term, or tells its place.
    vague=(
        r"^(?:非常|很|较|十分|最|比较|相当)?(?:常见|重要|主要|关键|核心|好|良好|有效|有用|基本|严重|理想"
        r"|典型|简单|复杂|必要|必不可少|潜在|巨大|流行|优秀|出色|不错|值得|额外|可以|新(?:挑战|问题)"
        r"|大|长期|漫长|艰巨|难|不可)",
        r"^[^，。；]*(?:原因|步骤|例子|问题|任务|选择|选项|来源|因素|挑战|目标|结果|责任|威胁|隐患|关键"
        r"|一步|一环|目的|好处|优点|缺点|习惯|工作|前提|保证|重点|难点|特点|特征|表现|标志|方面|部分|地方"
        r"|时候|情况|做法|事情|事|之一)[，。；]",
    ),
    negated=r"^[^，。]*的使用是|并不(?:是|意味)|不是指",
    no_terms=words("这 那 问题 原因 目的 结果 方法 特点 关键 重点 前者 后者 答案"),
    no_first=(r".*[的了着过吗呢].*", r"(?:我们|他们|你们|大家|人们|自己|有的|有些|最|第[一二三]|另一|下一|上一|一些|您).*"),
)

_NEIGHBOURS = Neighbours(
    before_verb=(
        r"(?:[不会能将要来被请您并没只都去让使后地时再就才可先]|可以|正在|已经?|需要?|必须|应该?"
        r"|便于|无法|自动)$"
    ),
    after_verb=r"[了过着您到完这此该]|一[个种些]|所有",
    before_noun=r"[的个种该此这些在从和与或对由用为台块张份各其多]$",
    after_noun=r"[的中里上是和与或等、，。会将可能被有在]",
)

_GRADING = Grading(
    list_and="和",
    markers=(
        "答案：",
        "答案是",
        "答案为",
        "答案應為",
        "答案应为",
        "答案应该是",
        "答案选",
        "正确答案：",
        "最终答案：",
        "正确选项是",
        "正确选项为",
        "正确选项：",
        "正确的是",
        "故选",
        "应选",
        "故本题选",
        "本题选",
        "因此选",
        "所以选",
        "选择：",
        "答：",
    ),
    colons=("是", "为", "為"),
    choosing=patterns("选项 选择 选 選 答案 正确 是 为 项 所以 因此 故"),
    intro=("选项", "选择", "选", "選"),
    right=r"(?:选项|項)?(?:是)?(?:正确|对(?!于)|正確)",
    wrong=r"(?:选项|項|项)?(?:是)?(?:错|不对|不正确|不选|有误|不是|可排除|排除)",
    denial=patterns("不是 并非 不应选 不选 而非 排除 除了 非 不"),
    conclusion=("所以", "因此", "综上", "故(?=[选選]|本题)"),
    or_words=("或者?",),
    and_words=("和", "及", "与"),
)

_DIVISIONS = Divisions(
    volumes=patterns("卷 册 冊"),
    parts=patterns("编 編 篇 部分 部(?!分)"),
    chapters=patterns("章 回 课 課 讲 講 单元"),
    sections=patterns("节 節"),
    articles=patterns("条 條 款"),
    annexes=patterns("附录 附錄 附件"),
    pages=patterns("页 頁"),
    contents=phrases("目录|目錄|目次|本章内容|本页内容"),
    own_level=frozenset(
        phrases("前言|序|序言|绪论|引言|摘要|导言|小结|总结|结论|结语|后记|附录|附錄|术语表|注释")
    ),
)

_STUDY = Study(
    refusals=phrases(
        """
        抱歉|对不起|很遗憾，我|我无法|我不能|作为ai|作为一个ai|作为人工智能|作为语言模型
        """
    ),
    passage_words=phrases(
        """
        这段文字|这段话|本段|段落|文中|本文|上文|原文|这篇文章
        """
    ),
)

LANGUAGE = Language(
    code="zh",
    names=words("chinese mandarin zho cmn"),
    spaced=False,
    script=HAN,
    exam_words=words(
        "下列以上哪项个些种关于有说法述叙正确错误不属于除外是否的描选择答案题请问最可能应考虑"
    ),
    sentences=Sentences(full_width=True),
    lexicon=_LEXICON,
    headings=_HEADINGS,
    exercises=Exercises(
        generic=_GENERIC,
        context=_CONTEXT,
        orders=Orders(pattern=r"请|[^。]*请(?:参|查|阅|看|注意|使用|选择|按|输入)"),
        definitions=_DEFINITIONS,
        neighbours=_NEIGHBOURS,
    ),
    grading=_GRADING,
    divisions=_DIVISIONS,
    study=_STUDY,
)


@hookimpl
def register_languages() -> list[Language]:
    """Register Chinese."""
    return [LANGUAGE]
