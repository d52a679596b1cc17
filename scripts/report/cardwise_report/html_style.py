# SPDX-License-Identifier: Apache-2.0
"""How does the page look on a screen, on a phone and on paper, and what does its script do?"""

STYLE = """
:root{color-scheme:light}
body{font:15px/1.45 system-ui,sans-serif;color:#222;background:#fff;margin:0}
main{max-width:72rem;margin:0 auto;padding:0 1rem 2rem}
h1{font-size:1.4rem;margin:.8rem 0 .4rem}
h2{font-size:1.15rem;margin:1.8rem 0 .4rem;border-bottom:1px solid #ccc}
p{margin:.3rem 0}
.banner{border:2px solid;border-left-width:14px;padding:.5rem .8rem;margin:.5rem 0}
.banner p{color:#222}
.verdict{font-size:1.35rem;font-weight:600}
.bad{border-color:#d55e00;background:#fff3ec}
.warn{border-color:#b8860b;background:#fffbe8}
.good{border-color:#0072b2;background:#eef6fc}
table{border-collapse:collapse;font-size:.9rem}
td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;vertical-align:top}
th{background:#f3f3f3}
.env td{overflow-wrap:anywhere}
.wide{overflow-x:auto;max-width:100%}
@media(max-width:700px){.stack .head{display:none}.stack tr{display:block;margin:.6rem 0;border:1px solid #999}
.stack td{display:block;border:0}.stack td::before{content:attr(data-l) ": ";font-weight:600}}
.map{display:flex;flex-wrap:wrap;gap:12px 24px;margin:.5rem 0}
.map text,figure text{font-family:system-ui,sans-serif;font-size:11px;fill:#222}
.map .sign{font-size:14px;font-weight:700;text-anchor:middle}
.map .sign[fill]{fill:#fff}
figure{margin:.4rem 0}
figure svg{width:100%;height:auto;display:block}
figure text[fill]{fill:#a04000}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:.6rem}
.legend .key{display:inline-block;margin-right:1rem}
.legend i{display:inline-block;width:1em;height:1em;margin-right:.3em;border:1px solid #999;vertical-align:-.1em;
print-color-adjust:exact;-webkit-print-color-adjust:exact}
.small,figure text.small{font-size:9px}
summary{cursor:pointer}
#tip{position:fixed;white-space:pre-line;background:#222;color:#fff;padding:.3rem .6rem;font-size:.85rem;
max-width:22rem;pointer-events:none;z-index:9;overflow-wrap:anywhere}
@media print{#tip{display:none}main{max-width:none;padding:0}svg,tr,.banner{break-inside:avoid}
svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}h2{break-after:avoid}
.wide{overflow:visible}body{font-size:11px}td{overflow-wrap:break-word}
.grid{grid-template-columns:1fr 1fr}}
"""

# Shows what an SVG title says at once, and also where a finger touches; without it the browser
# shows titles by itself after a moment. Text is set as text, never as markup.
SCRIPT = """
(function(){
var tip=null,held=null;
function hide(){if(tip){tip.remove();tip=null}if(held){held.node.appendChild(held.title);held=null}}
document.addEventListener('pointerover',function(e){
hide();
var node=e.target;
while(node&&node.tagName!=='svg'&&!(node.querySelector&&node.querySelector(':scope > title')))node=node.parentNode;
if(!node||!node.querySelector||node.tagName==='svg')return;
var title=node.querySelector(':scope > title');
if(!title)return;
held={node:node,title:title};
title.remove();
tip=document.createElement('div');
tip.id='tip';
tip.textContent=title.textContent;
document.body.appendChild(tip);
tip.style.left=Math.max(0,Math.min(e.clientX+14,innerWidth-tip.offsetWidth-8))+'px';
tip.style.top=Math.max(0,Math.min(e.clientY+14,innerHeight-tip.offsetHeight-8))+'px';
});
document.addEventListener('scroll',hide);
})();
"""
