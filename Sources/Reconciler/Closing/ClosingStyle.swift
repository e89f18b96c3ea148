/// How a statement's page looks: on a screen a sheet of paper, on A4 that sheet. Colour only adds: what
/// matters is told by text, pattern and weight too.
enum ClosingStyle {
    static let css: String = """
        @page { size: A4 portrait; margin: 12mm 13mm; }
        @page annex { size: A4 landscape; margin: 12mm 13mm; }
        :root { --ink: #1d1512; --soft: #6d5f57; --red: #b3261e; --gold: #a8741a; --line: #d9cbb6; }
        * { box-sizing: border-box; }
        html { background: #efe8dc; }
        body { margin: 24px auto; width: 210mm; padding: 12mm 13mm; background: #fffdf9; color: var(--ink);
          font: 10pt/1.4 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
          "Noto Sans", "Helvetica Neue", Arial, sans-serif; box-shadow: 0 2px 18px rgba(60, 30, 10, .18);
          -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        i, em { font-style: normal; }
        .defs { position: absolute; }
        .en, small { color: var(--soft); font-weight: 400; }
        header { position: relative; border-top: 5px solid var(--red); border-bottom: 1px solid var(--gold);
          padding: 8px 0 7px; margin-bottom: 10px; }
        h1 { font: 700 23pt/1.2 "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", serif; margin: 0;
          padding-right: 84px; }
        h1 small { font-size: 13pt; margin-left: 6px; }
        .kind { margin: 2px 0 6px; font-size: 12pt; letter-spacing: .08em; color: var(--red); }
        .meta, .state { margin: 0; font-size: 8.2pt; padding-right: 76px; }
        .meta { color: var(--soft); } .meta b { color: var(--ink); }
        .state { margin-top: 2px; font-weight: 600; }
        .seal { position: absolute; right: 0; top: 12px; width: 66px; height: 66px;
          border: 3px double var(--red);
          border-radius: 8px; color: var(--red); text-align: center; padding-top: 9px;
          transform: rotate(-6deg); }
        .seal b { display: block; font: 700 15pt/1.2 "Noto Serif CJK SC", "Songti SC", serif; }
        .seal i { font-size: 7.5pt; letter-spacing: .06em; }
        .seal.pending { border-style: dashed; color: var(--ink); border-color: var(--ink); }
        .seal.pending b { font-size: 12pt; padding-top: 3px; }
        .tiles { display: grid; grid-template-columns: repeat(5, 1fr); gap: 8px; margin-bottom: 10px; }
        .tile { border: 1px solid var(--line); border-left: 3px solid var(--gold); padding: 6px 8px;
          break-inside: avoid; }
        .tile:nth-child(2) { border-left-color: var(--red); }
        .tile span { font-size: 8pt; } .tile span i { display: block; font-size: 7pt; }
        .tile b { display: block; font-size: 15pt; line-height: 1.25; font-variant-numeric: tabular-nums; }
        .tile em { font-size: 7.5pt; color: var(--soft); }
        section { margin: 0 0 10px; break-inside: avoid; }
        h2 { font-size: 10.5pt; margin: 0 0 4px; break-after: avoid; }
        h2 small { font-size: 8.5pt; margin-left: 4px; }
        .chart { display: block; width: 100%; height: auto; }
        .chart text { font-size: 10.5px; fill: var(--ink); }
        .chart .note { font-variant-numeric: tabular-nums; }
        .chart .frame { fill: none; stroke: var(--ink); stroke-width: .7; }
        .keys { margin: 2px 0 0; font-size: 7.5pt; } .key { margin-right: 12px; white-space: nowrap; }
        .key svg { vertical-align: -1px; }
        .hint { float: right; font-size: 7.5pt; font-weight: 400; padding-top: 2px; }
        .figures { break-inside: auto; }
        .annex { break-before: page; page: annex; margin-top: 12mm; padding-top: 8px;
          border-top: 5px solid var(--red); }
        .annex .of { margin: 0 0 6px; font-size: 7pt; color: var(--soft); }
        table { border-collapse: collapse; width: 100%; font-size: 7.1pt; line-height: 1.25;
          font-variant-numeric: tabular-nums; }
        thead { display: table-header-group; } tr { break-inside: avoid; }
        th, td { padding: 2px; text-align: right; font-weight: 400; vertical-align: baseline; }
        th { white-space: nowrap; } th.name { text-align: left; white-space: normal; min-width: 30mm; }
        thead th { font-weight: 600; vertical-align: bottom;
          border-bottom: 1.2px solid var(--ink); }
        thead i { display: block; font-size: 6.2pt; font-weight: 400; line-height: 1.15;
          white-space: normal; }
        tr.game th, tr.game td { font-weight: 700; border-top: 1px solid var(--gold); break-after: avoid; }
        tr.game .en { font-weight: 400; } tr.gift th.name { padding-left: 12px; }
        tr.total th, tr.total td { font-weight: 700; border-top: 1.6px solid var(--ink);
          border-bottom: 1.6px solid var(--ink); }
        td.none { color: #a89b8f; font-weight: 400; }
        .notes p { margin: 0 0 2px; font-size: 7.8pt; } .notes b { margin-right: 4px; }
        footer { display: flex; justify-content: space-between; border-top: 1px solid var(--gold);
          padding-top: 4px; font-size: 7pt; color: var(--soft); break-inside: avoid; }
        footer p { margin: 0; } code { font: 7pt/1.2 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
        @media print {
          html { background: none; }
          body { margin: 0; width: auto; padding: 0; box-shadow: none; background: none; }
          .annex { margin-top: 0; }
        }
        """
}
