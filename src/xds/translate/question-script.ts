/** Clusters that a proxy is asked about at once, and endpoints of them that it names: bounds for the proxy's own sake. */
const [mostClusters, mostEndpoints] = [16, 200];
/** A proxy asks itself no more often, on each of its threads. Milliseconds. */
const pauseMs = 1000;

/**
 * Lua: which endpoints the proxy has ejected, or does without for another reason, from its own admin interface. First the statistics say which
 * clusters have an ejection, so that only these are looked at; nothing that comes from outside is a part of what is asked.
 *
 * ```
 * 3
 * outbound|9080||cart.shop.svc.cluster.local 10.1.0.7:9080 failed_outlier_check
 * ```
 * The first line counts all, named or not. A cluster is named as in its statistics: one that is found by its address has another name.
 */
export function questionScript(metadata: string): string {
  return `local last = -${pauseMs}

-- The answer, after a line feed; nil where there is none.
local function get(h, path)
  local headers, body = h:httpCall("admin",
    { [":method"] = "GET", [":authority"] = "localhost", [":path"] = path }, nil, 4000)
  if headers[":status"] == "200" then return "\\n" .. (body or "") end
end

-- Of each line of text that has the mark in it: what stands before and after it.
local function lines(text, mark)
  local from = 1
  return function()
    local first, past = text:find(mark, from, true)
    if not first then return end
    from = past + 1
    local head = text:sub(math.max(1, first - 700), first - 1)
    return head:match(".*\\n(.*)$") or "", text:match("^[^\\n]*", past + 1)
  end
end

-- As a part of a regular expression in a query: bytes that mean something there by number.
local function escaped(name)
  return (name:gsub("[^%w_]", function(c) return string.format("%%5Cx%02X", c:byte()) end))
end

-- Clusters that have ejected somebody, and a filter by which /clusters shows them: those of addresses are named after these.
local function ejecting(h)
  local stats = get(h, "/stats?usedonly&filter=outlier_detection.ejections_active")
  if not stats then return end
  local wanted, parts = {}, { "vip%5Cx7C.*" }
  for before, after in lines(stats, ".outlier_detection.ejections_active: ") do
    local name = before:match("^cluster%.(outbound|.-);?$")
    if name and after ~= "0" and #parts <= ${mostClusters} then
      wanted[name] = true
      parts[#parts + 1] = escaped(name)
    end
  end
  return wanted, #parts > 1 and "/clusters?filter=%5E(" .. table.concat(parts, "%7C") .. ")$"
end

local function answer(h)
  local wanted, path = ejecting(h)
  if not wanted then return end
  local hosts = path and get(h, path) or "\\n"
  local names = {}
  for cluster, name in lines(hosts, "::observability_name::") do
    name = name:gsub(";$", "")
    if wanted[name] then names[cluster .. "::"] = name end
  end
  local total, told = 0, {}
  for before, flags in lines(hosts, "::health_flags::/") do
    for cluster, name in pairs(names) do
      if before:sub(1, #cluster) == cluster then
        total = total + 1
        if total <= ${mostEndpoints} then told[total] = name .. " " .. before:sub(#cluster + 1) .. " " .. flags end
      end
    end
  end
  return total .. "\\n" .. table.concat(told, "\\n")
end

function envoy_on_request(h)
  local now = h:timestamp()
  if now - last < ${pauseMs} then return end
  last = now
  local text = answer(h)
  if not text then return end
  h:streamInfo():dynamicMetadata():set("${metadata}", "answer", text)
  h:respond({ [":status"] = "200" })
end
`;
}
