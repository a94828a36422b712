-- What the chapters need beyond Quarto's own filters. The first part knows nothing of Quarto, so that a plain
-- `pandoc --lua-filter` can run it too; the second serves Quarto's books alone.

local nbsp = "\u{a0}"

-- French typography: “ ” typed as "…" become « », and no line breaks before : ; ! ? » % or after «. Columns as wide as
-- what they hold: pandoc would give a table with one long row equal columns, whatever is in them. In a formula, no space
-- after a decimal comma (0{,}5 says so to TeX alone), nor after the sign that touches such a number. On paper, one space around the words of a formula (pandoc would leave
-- that of \text{si } and add typst's own), TeX's thick and negative spaces as ordinary ones (pandoc rounds their widths to 0
-- and −1 em), and brackets of a given size as ordinary ones, or as ones that fit what they enclose (pandoc would scale them
-- and space them like words).
local typography = {
  Math = function(el)
    local text = el.text
    if FORMAT:match("^typst") or FORMAT:match("^html") then
      text = text:gsub("%-(%d+){,}(%d+)", "\\text{−%1,%2}"):gsub("(%d+){,}(%d+)", "\\text{%1,%2}")
    end
    if FORMAT:match("^typst") then
      text = text:gsub("\\text{%s*([^{}]-)%s*}", "\\text{%1}"):gsub("\\;", "\\:"):gsub("\\!", "")
      text = text:gsub("\\big[lr]%f[%A]", "")
      text = text:gsub("\\[Bb]ig+l%f[%A]", "\\left"):gsub("\\[Bb]ig+r%f[%A]", "\\right")
    end
    if text ~= el.text then
      el.text = text
      return el
    end
  end,
  Table = function(tbl)
    tbl.colspecs = tbl.colspecs:map(function(spec)
      return { spec[1] }
    end)
    return tbl
  end,
  Quoted = function(el)
    if el.quotetype == "DoubleQuote" then
      el.content:insert(1, pandoc.Str("«" .. nbsp))
      el.content:insert(pandoc.Str(nbsp .. "»"))
      return el.content
    end
  end,
  Inlines = function(inlines)
    for i = 2, #inlines - 1 do
      local before, after = inlines[i - 1], inlines[i + 1]
      local breaks = inlines[i].t == "Space" or inlines[i].t == "SoftBreak"
      local opens = before.t == "Str" and before.text:match("«$")
      local closes = after.t == "Str" and (after.text:match("^[:;!?%%]") or after.text:match("^»"))
      if breaks and (opens or closes) then
        inlines[i] = pandoc.Str(nbsp)
      end
    end
    return inlines
  end,
}

-- On paper, a formula carries what it is in words a machine can read: the TeX that the author wrote. A numbered equation
-- is a formula around a formula, and the set rule serves both.
local function escaped(tex)
  return (tex:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local spoken = {
  Inlines = function(inlines)
    if not FORMAT:match("^typst") then
      return nil
    end
    local function raw(i, pattern)
      local el = inlines[i]
      return el ~= nil and el.t == "RawInline" and el.text:match(pattern) ~= nil
    end
    local i = 1
    while i <= #inlines do
      if inlines[i].t == "Math" then
        local first, last = i, i
        if raw(i - 1, "^#math%.equation%(") and raw(i + 1, "^%s*%]%)<") then
          first, last = i - 1, i + 1
        end
        inlines:insert(last + 1, pandoc.RawInline("typst", "]"))
        inlines:insert(first, pandoc.RawInline("typst", '#rapport-spoken("' .. escaped(inlines[i].text) .. '")['))
        i = last + 2
      end
      i = i + 1
    end
    return inlines
  end,
}

-- On paper, a paragraph that ends with a colon stays with the formula or the code that it announces.
local function announced(block)
  if block.t == "Para" then
    local first = block.content[1] or {}
    return first.t == "Math" or (first.t == "RawInline" and first.text:match("^#math%.equation%(") ~= nil)
  end
  return block.t == "CodeBlock" or (block.t == "Div" and block.classes:includes("cell"))
end

local leads = {
  Blocks = function(blocks)
    if not FORMAT:match("^typst") then
      return nil
    end
    local kept = pandoc.Blocks({})
    for i, block in ipairs(blocks) do
      local text = block.t == "Para" and pandoc.utils.stringify(block) or ""
      if text:match(":$") and blocks[i + 1] and announced(blocks[i + 1]) then
        kept:extend({ pandoc.RawBlock("typst", "#rapport-lead["), block, pandoc.RawBlock("typst", "]") })
      else
        kept:insert(block)
      end
    end
    return kept
  end,
}

if quarto == nil then
  return { leads, spoken, typography }
end

-- A Typst book has no appendices of its own: what follows the “Annexes” divider is lettered by `annexes`
-- (typst-template.typ), and the divider itself is left out.
local function appendices(el)
  local file = (quarto.doc.file_metadata() or {}).file
  if quarto.doc.is_format("typst") and el.level == 1 and file ~= nil and file.bookItemType == "appendix" then
    return pandoc.RawBlock("typst", "#show: annexes")
  end
end

-- On paper, the tabs of a tabset follow one another; as headings they would be numbered, which they are not on the site.
local function tabset(el)
  if quarto.doc.is_format("typst") then
    local blocks = pandoc.Blocks({})
    for i = 1, #el.tabs do
      blocks:insert(pandoc.Para({ pandoc.Strong(quarto.utils.as_inlines(el.tabs[i].title)) }))
      blocks:extend(quarto.utils.as_blocks(el.tabs[i].content))
    end
    return blocks
  end
end

-- On the site, the number of an equation stands at the right, as on paper, and not after the formula.
local function equation(el)
  local math = el.content[1]
  if quarto.doc.is_format("html") and el.identifier:match("^eq%-") and math and math.t == "Math" then
    local formula, number = math.text:match("^(.*) \\qquad(%b())$")
    if formula then
      el.classes:insert("numbered-equation")
      el.content = { pandoc.Math("DisplayMath", formula), pandoc.Span(number, { class = "equation-number" }) }
      return el
    end
  end
end

-- file_metadata_filter keeps quarto.doc.file_metadata() in step with the chapter being walked.
local book = { Header = appendices, Tabset = tabset, Span = equation }
return { leads, spoken, typography, quarto.utils.combineFilters({ quarto.utils.file_metadata_filter(), book }) }
