/* The market maker of examples/strategy-quoter, in C: the same decisions on the same market.
 *
 * It quotes both sides, never better than everybody else's best price, and leans against what it
 * holds. Orders are replaced in place. Built by .ci/build-guests.sh; no library is needed.
 */
#include "ringfence.h"

#define EVENTS_CAP 64
#define COMMANDS_CAP 64

/* The largest parameter: the product of any two fits an int64_t. */
#define NUMBER_MAX 1000000000

/* How long it waits before it asks again for what was turned away. */
#define RETRY_NS 100000000

static _Alignas(RF_BUFFER_ALIGN) rf_event events_buffer[EVENTS_CAP];
static _Alignas(RF_BUFFER_ALIGN) rf_command commands_buffer[COMMANDS_CAP];
static _Alignas(RF_BUFFER_ALIGN) rf_io_block io_block;

RF_MANIFEST(
    "{\"abi\":\"1.0\",\"name\":\"quoter-c\",\"version\":\"0.1.0\",\"params\":["
    "{\"name\":\"instrument\",\"type\":\"u64\",\"default\":\"0\",\"about\":\"The instrument to quote.\"},"
    "{\"name\":\"size\",\"type\":\"u64\",\"default\":\"100\",\"about\":\"Lots on each side.\"},"
    "{\"name\":\"max_position\",\"type\":\"u64\",\"default\":\"500\",\"about\":\"Most lots held, long or short.\"},"
    "{\"name\":\"spread\",\"type\":\"u64\",\"default\":\"1000\",\"about\":\"Least distance between its bid and its ask, in ticks.\"},"
    "{\"name\":\"skew\",\"type\":\"u64\",\"default\":\"400\",\"about\":\"How far a full position moves both prices, in ticks.\"},"
    "{\"name\":\"tick\",\"type\":\"u64\",\"default\":\"100\",\"about\":\"Prices are multiples of this.\"}],"
    "\"subscriptions\":[\"l1\"],\"timer_ns\":0,\"imports\":[]}");

/* What is wanted of a side: a price and a quantity, or nothing where `qty` is 0. */
typedef struct {
    int64_t price;
    uint64_t qty;
} quote;

/* Its order on a side, while `known`. */
typedef struct {
    int known;
    int live;
    int waiting;
    int has_price;
    uint64_t id;
    int64_t price;
    uint64_t open;
    uint64_t filled;
    /* What was asked for last: of which order (0: a new one), what, and when. */
    int asked;
    uint64_t asked_of;
    quote asked_for;
    uint64_t asked_at_ns;
} side_state;

static struct {
    int64_t instrument, size, position_max, half_spread, skew, tick;
} params;

static side_state sides[2];
static uint64_t last_ids[2];
static int64_t lots;
static uint64_t next_id = 1;
static uint64_t latest_fill;
static int has_bbo;
static quote best[2];
static uint64_t now_ns;
static uint32_t command_count;

int32_t rf_abi_version(void) { return RF_VERSION; }

rf_io_block *rf_io(void) {
    io_block = (rf_io_block){
        .magic = RF_MAGIC,
        .major = RF_MAJOR,
        .minor = RF_MINOR,
        .events_off = (uint32_t)(uintptr_t)events_buffer,
        .events_cap = EVENTS_CAP,
        .commands_off = (uint32_t)(uintptr_t)commands_buffer,
        .commands_cap = COMMANDS_CAP,
        .event_stride = RF_EVENT_LEN,
        .command_stride = RF_COMMAND_LEN,
    };
    return &io_block;
}

/* Parameters: lines of key=value. */

static int is_word(const char *text, uint32_t len, const char *word) {
    uint32_t at = 0;
    while (at < len && word[at] != 0 && text[at] == word[at]) at++;
    return at == len && word[at] == 0;
}

/* A whole number of at most NUMBER_MAX; negative where it is none. */
static int64_t number(const char *text, uint32_t len) {
    int64_t value = 0;
    if (len == 0) return -1;
    for (uint32_t at = 0; at < len; at++) {
        if (text[at] < '0' || text[at] > '9') return -1;
        value = 10 * value + (text[at] - '0');
        if (value > NUMBER_MAX) return -1;
    }
    return value;
}

static int64_t spread = 1000;

/* Sets the parameter of a line; false where there is none of that name, or the value is wrong. */
static int set(const char *name, uint32_t name_len, int64_t value) {
    static const struct {
        const char *name;
        int64_t *to;
        int64_t least;
    } known[] = {
        {"instrument", &params.instrument, 0}, {"size", &params.size, 1},
        {"max_position", &params.position_max, 1}, {"spread", &spread, 0},
        {"skew", &params.skew, 0}, {"tick", &params.tick, 1},
    };
    for (uint32_t at = 0; at < sizeof known / sizeof *known; at++) {
        if (!is_word(name, name_len, known[at].name)) continue;
        *known[at].to = value;
        return value >= known[at].least;
    }
    return 0;
}

int32_t rf_init(const char *text, uint32_t len) {
    params.size = 100, params.position_max = 500, params.skew = 400, params.tick = 100;
    uint32_t from = 0;
    while (from < len) {
        uint32_t end = from, equals = len;
        for (; end < len && text[end] != '\n'; end++) {
            if (text[end] == '=' && equals == len) equals = end;
        }
        if (end > from) {
            if (equals >= end) return -3;
            int64_t value = number(text + equals + 1, end - equals - 1);
            if (!set(text + from, equals - from, value)) return -3;
        }
        from = end + 1;
    }
    params.half_spread = (spread + 1) / 2;
    return 0;
}

/* Its own books, from its private events. */

static side_state *order_of(uint64_t id) {
    for (int side = 0; side < 2; side++) {
        if (sides[side].known && sides[side].id == id) return &sides[side];
    }
    return 0;
}

static void left(side_state *order, uint64_t open) {
    order->open = open;
    if (open == 0) order->known = 0;
}

static void settle(const rf_event *event) {
    side_state *order = order_of(event->order_id);
    if (event->kind == RF_KIND_FILLED) latest_fill = 0;
    if (!order) return;
    switch (event->kind) {
    case RF_KIND_ACCEPTED:
        order->live = 1, order->waiting = 0, order->filled = 0;
        order->has_price = (event->flags & RF_EVENT_HAS_PRICE) != 0;
        order->price = event->price, order->open = event->qty;
        break;
    case RF_KIND_REJECTED:
        order->waiting = 0;
        if (event->aux0 == RF_OP_NEW && !order->live) order->known = 0;
        break;
    case RF_KIND_FILLED:
        order->filled += event->qty;
        lots += order == &sides[RF_BUY] ? (int64_t)event->qty : -(int64_t)event->qty;
        latest_fill = event->order_id;
        left(order, event->aux0);
        break;
    case RF_KIND_CANCELED:
        order->waiting = 0;
        left(order, order->open > event->qty ? order->open - event->qty : 0);
        break;
    case RF_KIND_REPLACED:
        order->waiting = 0, order->id = event->aux0;
        order->has_price = (event->flags & RF_EVENT_HAS_PRICE) != 0, order->price = event->price;
        order->filled = event->qty - event->aux1;
        left(order, event->aux1);
        break;
    }
}

/* What it wants. */

static int64_t remainder_of(int64_t value, int64_t of) {
    int64_t over = value % of;
    return over < 0 ? over + of : over;
}

static int64_t midpoint(int64_t a, int64_t b) { return (a & b) + ((a ^ b) >> 1); }

static quote wanted(int side, int64_t bid, int64_t ask) {
    int64_t others = side == RF_BUY ? bid : ask, held = side == RF_BUY ? lots : -lots;
    int64_t qty = params.position_max - held;
    if (qty > params.size) qty = params.size;
    if (qty <= 0) return (quote){0, 0};
    int64_t middle = midpoint(bid, ask) - params.skew * lots / params.position_max;
    if (side == RF_BUY) {
        int64_t price = middle - params.half_spread;
        if (price > others) price = others;
        return (quote){price - remainder_of(price, params.tick), (uint64_t)qty};
    }
    int64_t price = middle + params.half_spread;
    if (price < others) price = others;
    return (quote){price + remainder_of(-price, params.tick), (uint64_t)qty};
}

/* Whether somebody else stands at the best price of a side. */
static int others_there(int side) {
    const side_state *order = &sides[side];
    int is_there = order->known && order->live && order->has_price && order->price == best[side].price;
    return best[side].qty > (is_there ? order->open : 0);
}

static quote kept(int side) {
    const side_state *order = &sides[side];
    if (!others_there(side) || !order->known || !order->has_price) return (quote){0, 0};
    return (quote){order->price, order->open};
}

/* What it asks for. */

static rf_command *command(uint8_t op, uint64_t id) {
    rf_command *record = &commands_buffer[command_count++];
    *record = (rf_command){.op = op, .instrument = (uint32_t)params.instrument, .id = id};
    return record;
}

static int is_fine(const side_state *order, quote want) {
    if (!order->known || want.qty == 0) return !order->known && want.qty == 0;
    return order->has_price && order->price == want.price && order->open <= want.qty &&
           order->open >= want.qty / 2 + want.qty % 2;
}

static void quote_side(int side, quote want) {
    side_state *order = &sides[side];
    if ((order->known && order->waiting) || is_fine(order, want)) return;
    uint64_t of = order->known ? order->id : 0;
    int is_same = order->asked && order->asked_of == of && order->asked_for.qty == want.qty &&
                  order->asked_for.price == want.price;
    int has_traded = latest_fill != 0 && latest_fill == last_ids[side];
    if (is_same && !has_traded && now_ns - order->asked_at_ns < RETRY_NS) return;
    if (!order->known) {
        order->known = 1, order->live = 0, order->waiting = 1, order->filled = 0;
        order->id = last_ids[side] = next_id++;
        order->has_price = 1, order->price = want.price, order->open = want.qty;
        rf_command *record = command(RF_OP_NEW, order->id);
        record->side = (uint8_t)side, record->price = want.price, record->qty = want.qty;
        record->flags = RF_COMMAND_HAS_PRICE | RF_COMMAND_POST_ONLY;
    } else if (want.qty == 0) {
        command(RF_OP_CANCEL, order->id);
        order->waiting = 1;
    } else {
        rf_command *record = command(RF_OP_REPLACE, order->id);
        record->price = want.price, record->qty = order->filled + want.qty;
        record->flags = RF_COMMAND_HAS_PRICE | RF_COMMAND_QTY_TOTAL;
        order->waiting = 1;
    }
    order->asked = 1, order->asked_of = of, order->asked_for = want, order->asked_at_ns = now_ns;
}

static void decide(void) {
    if (!has_bbo) return;
    quote quotes[2] = {{0, 0}, {0, 0}};
    if (best[RF_BUY].qty != 0 && best[RF_SELL].qty != 0) {
        int both = others_there(RF_BUY) && others_there(RF_SELL);
        for (int side = 0; side < 2; side++) {
            quotes[side] = both ? wanted(side, best[RF_BUY].price, best[RF_SELL].price) : kept(side);
        }
    }
    quote_side(RF_BUY, quotes[RF_BUY]);
    quote_side(RF_SELL, quotes[RF_SELL]);
}

int32_t rf_on_events(const rf_event *events, uint32_t count) {
    command_count = 0;
    for (uint32_t at = 0; at < count; at++) {
        const rf_event *event = &events[at];
        now_ns = event->at_ns;
        if (event->kind <= RF_KIND_TRIGGERED) settle(event);
        if (event->kind != RF_KIND_BBO || event->instrument != params.instrument) continue;
        has_bbo = 1;
        best[RF_BUY] = (quote){event->price, event->flags & RF_EVENT_HAS_PRICE ? event->qty : 0};
        best[RF_SELL] =
            (quote){(int64_t)event->aux0, event->flags & RF_EVENT_HAS_ASK ? event->aux1 : 0};
    }
    decide();
    return (int32_t)command_count;
}
