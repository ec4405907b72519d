namespace TfKd;

/// <summary>The style sheet of reports.</summary>
internal static class PageStyle
{
    public const string Text = """

        :root { color-scheme: light dark; --page: #ffffff; --ink: #1c2128; --soft: #59636e; --line: #d1d9e0; --panel: #f6f8fa;
            --note: #fff3d6; --link: #0b5cad;
          --right: 11 92 173; --wrong: 194 65 12; --half: var(--ink); --strong: #ffffff;
          --c0: #0b5cad; --c1: #c2410c; --c2: #1a7f37; --c3: #7c3aed; --c4: #be185d; --c5: #0f766e; --c6: var(--ink); }
        @media (prefers-color-scheme: dark) {
          :root { --page: #0f141a; --ink: #e6edf3; --soft: #9aa7b4; --line: #36404b; --panel: #171e26; --note: #3a2f12; --link: #79b8ff;
            --right: 121 184 255; --wrong: 255 158 100; --half: #0f141a; --strong: #0f141a;
            --c0: #79b8ff; --c1: #ff9e64; --c2: #56d364; --c3: #c4a7ff; --c4: #ff8fc7; --c5: #4fd1c5; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 1rem clamp(0.75rem, 3vw, 2rem) 4rem; background: var(--page); color: var(--ink);
            font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.75rem; line-height: 1.2; margin: 0.5rem 0; }
        h2 { font-size: 1.3rem; margin: 2.5rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
        h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
        p { margin: 0.5rem 0; max-width: 48rem; }
        a { color: var(--link); }
        nav ul, ul.legend, ul.mistakes { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
        nav a { display: inline-block; padding: 0.25rem 0; }
        .note { background: var(--note); padding: 0.5rem 0.75rem; border-radius: 0.375rem; max-width: none; }
        .soft { color: var(--soft); }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        th { font-weight: 600; }
        table.facts { width: 100%; }
        table.facts th { width: 13rem; }
        table.numbers, table.names { overflow-wrap: normal; }
        table.numbers td, table.numbers thead th + th, .number { text-align: right; }
        table.numbers td, td.number { white-space: nowrap; }
        table.numbers tbody th, table.names tbody th, table.names td { font-weight: 400; min-width: 7rem; max-width: 20rem;
            overflow-wrap: anywhere; }
        table.names td.number { min-width: 0; }
        tr.own > * { background: var(--note); font-weight: 600; }
        .scroll + .scroll { margin-top: 1rem; }
        .scroll { overflow-x: auto; max-width: 100%; position: relative; }
        .scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        details { margin: 1rem 0; }
        summary { cursor: pointer; padding: 0.25rem 0; color: var(--link); }
        pre { background: var(--panel); padding: 0.75rem; border-radius: 0.375rem; white-space: pre-wrap; overflow-wrap: anywhere;
            font-size: 0.875rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; align-items: start; }
        figure { margin: 0; }
        figure.chart { max-width: 40rem; }
        figure.chart svg { display: block; width: 100%; height: auto; font-family: system-ui, sans-serif; }
        figcaption { font-size: 0.9rem; margin-bottom: 0.25rem; }
        ul.legend { font-size: 0.85rem; }
        .swatch { display: inline-block; width: 1.1rem; height: 0.25rem; margin-right: 0.4rem; vertical-align: middle;
            border-radius: 0.125rem; }
        .c0 { background: var(--c0); } .c1 { background: var(--c1); } .c2 { background: var(--c2); } .c3 { background: var(--c3); }
        .c4 { background: var(--c4); } .c5 { background: var(--c5); }
        .c6 { height: 0; border-top: 2px dashed var(--ink); border-radius: 0; }
        table.confusion { font-size: 0.85rem; }
        table.confusion th, table.confusion td { padding: 0.2rem 0.35rem; border: 1px solid var(--page); }
        table.confusion tbody th { font-weight: 400; text-align: right; min-width: 6.5rem; max-width: 14rem; }
        table.confusion thead th { font-weight: 400; vertical-align: bottom; }
        table.confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12rem; overflow-wrap: normal;
            white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
        table.confusion tbody th, table.confusion tbody td { vertical-align: middle; }
        table.confusion tbody td { text-align: center; min-width: 2.2rem; }
        table.confusion.few thead th { text-align: center; max-width: 12rem; }
        table.confusion.few thead span { writing-mode: horizontal-tb; transform: none; white-space: normal; overflow-wrap: anywhere; }
        table.confusion.few tbody td { min-width: 5rem; padding: 0.5rem; }
        td.zero { color: var(--soft); background: var(--panel); }
        td.right { background: rgb(var(--right) / var(--shade)); }
        td.wrong { background: rgb(var(--wrong) / var(--shade)); }
        td.half { color: var(--half); }
        td.strong { color: var(--strong); }
        table.confusion small { display: block; font-size: 0.75rem; white-space: nowrap; }
        .key { display: inline-block; width: 0.9rem; height: 0.9rem; vertical-align: -0.1rem; border-radius: 0.15rem; --shade: 0.8; }
        .key.right { background: rgb(var(--right) / var(--shade)); }
        .key.wrong { background: rgb(var(--wrong) / var(--shade)); }
        table.confusion th[scope=row], table.map th[scope=row] { position: sticky; left: 0; background: var(--page); z-index: 1; }
        .both { max-height: 90vh; overflow-y: auto; }
        table.map { table-layout: fixed; width: max-content; border-collapse: separate; border-spacing: 0; overflow-wrap: normal;
            font-size: min(0.75rem, calc(0.85 * var(--cell))); line-height: var(--cell); }
        table.map th, table.map td { padding: 0; border: 0; height: var(--cell); font-weight: 400; white-space: nowrap; }
        table.map th { overflow: hidden; text-overflow: ellipsis; }
        table.map thead th { position: sticky; top: 0; width: var(--cell); background: var(--page); vertical-align: bottom; }
        table.map thead td { width: 7rem; position: sticky; top: 0; left: 0; background: var(--page); z-index: 2; }
        table.map thead span { display: block; width: var(--cell); max-height: 7rem; padding-top: 0.2rem; writing-mode: vertical-rl;
            transform: rotate(180deg); overflow: hidden; text-overflow: ellipsis; }
        table.map th[scope=row] { max-width: 7rem; padding-right: 0.3rem; text-align: right; }
        table.map td { font-size: 0; background: var(--panel); }
        table.map td.right { background: rgb(var(--right) / var(--shade)); }
        table.map td.wrong { background: rgb(var(--wrong) / var(--shade)); }
        table.map tr:hover th[scope=row] { font-weight: 600; color: var(--link); }
        table.map td:hover { outline: 1px solid var(--ink); }
        ul.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1rem; }
        ul.mistakes.pairs { grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
        ul.mistakes img { display: inline-block; width: 6rem; height: 6rem; object-fit: contain; background: var(--panel); }
        ul.mistakes img + img { margin-left: 0.25rem; }
        ul.mistakes img.pixels { image-rendering: pixelated; }
        ul.mistakes figcaption { margin-top: 0.25rem; font-size: 0.85rem; }
        ul.mistakes span { display: block; }
        ul.mistakes .true { font-weight: 600; }
        @media (max-width: 40rem) {
          body { font-size: 0.95rem; }
          table.facts th { width: 7.5rem; }
          th, td { padding: 0.25rem; }
          table.numbers, table.names { font-size: 0.85rem; }
          table.numbers tbody th, table.names tbody th, table.names td { min-width: 5.5rem; }
          ul.mistakes { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 0.75rem; }
          ul.mistakes.pairs { grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); }
        }
        @media print { .scroll { overflow: visible; } nav { display: none; } }

        """;
}
