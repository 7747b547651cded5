// How pages look that fakemx writes: one file each, light or dark as the reader's screen is, without anything from elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace fakemx::chart {

inline constexpr std::string_view page_style = R"css(
:root{color-scheme:light dark;--bg:#f6f8fa;--card:#fff;--ink:#1f2328;--soft:#57606a;--line:#d8dee4;--ok:#009e73;--wait:#e69f00;
--bad:#d55e00;--none:#8b949e;--tint:#eef3f8}
@media(prefers-color-scheme:dark){:root{--bg:#010409;--card:#0d1117;--ink:#e6edf3;--soft:#9ea7b3;--line:#30363d;--ok:#2fc799;
--wait:#f0b432;--bad:#ff8a3d;--none:#8b949e;--tint:#161b22}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,'Noto Sans','Noto Sans CJK SC','Microsoft YaHei',sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 64px}
header,section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 24px;margin:0 0 16px}
header{border-left:8px solid var(--band)}
.ok{--band:var(--ok)}.wait{--band:var(--wait)}.bad{--band:var(--bad)}.none{--band:var(--none)}
h1{font-size:25px;line-height:1.3;margin:2px 0 12px;overflow-wrap:anywhere}
h2{font-size:18px;margin:0 0 4px}h3{font-size:15px;margin:20px 0 6px}
.kicker{color:var(--soft);font-size:13px;margin:0}
.next{background:var(--tint);border-radius:8px;padding:10px 14px;margin:12px 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(104px,1fr));gap:12px;margin:18px 0 0}
.tile{border-top:2px solid var(--line);padding-top:6px}
.tile strong{display:block;font-size:22px;line-height:1.25;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
ul{padding-left:20px;margin:8px 0 0}li{margin:4px 0;overflow-wrap:anywhere}
.note{color:var(--soft);font-size:13px;margin:0 0 10px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:600;text-align:right;color:var(--soft);font-size:12px;padding:4px 8px;white-space:nowrap;border-bottom:1px solid var(--line)}
td{padding:5px 8px;border-bottom:1px solid var(--line);text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;vertical-align:middle}
th:first-child,td:first-child,td.words,th.words{text-align:left}
td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:170px}td small{display:block;color:var(--soft)}
tr:last-child td{border-bottom:0}
.label{display:inline-block;border-radius:9px;padding:0 9px;font-size:12px;line-height:19px;border:1px solid var(--band);color:var(--ink)}
.label::before{content:"";display:inline-block;width:7px;height:7px;border-radius:50%;background:var(--band);margin-right:6px}
details{border-top:1px solid var(--line);padding:8px 0 0;margin:10px 0 0}
summary{cursor:pointer;color:var(--soft)}
pre{background:var(--tint);border-radius:8px;padding:12px 14px;overflow-x:auto;font:12.5px/1.5 ui-monospace,'DejaVu Sans Mono',monospace;margin:8px 0}
svg{display:block;width:100%;height:auto;margin:0 0 4px}
footer{color:var(--soft);font-size:13px;padding:0 8px}
@media print{body{background:#fff}section,header{break-inside:avoid}}
)css";

/// A page up to where its content begins, in <main>. `own` are rules of its own.
std::string page_begin(std::string_view title, std::string_view own);
/// What stands behind its content.
inline constexpr std::string_view page_end = "</main>\n</html>\n";

}  // namespace fakemx::chart
