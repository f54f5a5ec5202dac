-- Requests of wrk for random lines. wrk formats them before the measurement, so that formatting takes no time during it.
-- Environment variables: BENCH_PATH (contains %d), BENCH_LINES, BENCH_DISTRIBUTION (uniform or zipf), BENCH_SEED.

local PREPARED = 65536 -- requests per thread
local ZIPF_EXPONENT = 0.99 -- as in YCSB
local SCATTER = 1000003 -- a prime, which spreads the popular lines over the whole file

local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

-- Draws a rank: inverts the integral of rank^-s, an approximation of the sum.
local function zipf(count)
  local tail = 1 - ZIPF_EXPONENT
  local rank = ((count + 1) ^ tail - 1) * math.random() + 1
  return math.min(count, math.floor(rank ^ (1 / tail)))
end

local requests = {}
local at = 0

function init()
  local count = tonumber(os.getenv("BENCH_LINES"))
  local path = os.getenv("BENCH_PATH")
  local skewed = os.getenv("BENCH_DISTRIBUTION") == "zipf"
  math.randomseed(tonumber(os.getenv("BENCH_SEED")) + 7919 * thread_number)
  for i = 1, PREPARED do
    local line = skewed and (zipf(count) * SCATTER) % count + 1 or math.random(count)
    requests[i] = wrk.format("GET", string.format(path, line))
  end
end

function request()
  at = at % PREPARED + 1
  return requests[at]
end

-- Prints one line for the scripts: requests, microseconds, errors, how many of them are answers with another status, p99 in µs.
function done(summary, latency)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, bad, errors.status,
    latency:percentile(99)))
end
