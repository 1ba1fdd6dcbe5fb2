/* The Ringfence guest ABI, version 1.0, for authors of strategies in C.
 *
 * A strategy is a core WebAssembly module that exports `memory` and the four required functions
 * below, and imports nothing but the functions declared with RF_IMPORT. All records are
 * little-endian, which WebAssembly is. Checked against guest-sdk/src/abi.rs by a test. Built by
 *
 *     clang --target=wasm32-unknown-unknown -std=c11 -O2 -mbulk-memory -nostdlib -ffreestanding \
 *         -Iguest-sdk/include -Wl,--no-entry -Wl,-z,stack-size=16384 -o strategy.wasm strategy.c
 *
 * with bulk memory, because there is no memset and no memcpy to call.
 */
#ifndef RINGFENCE_H
#define RINGFENCE_H

#include <stddef.h>
#include <stdint.h>

#define RF_MAJOR 1
#define RF_MINOR 0
#define RF_VERSION 65536
#define RF_MAGIC 1330202194 /* "RFIO" */
#define RF_EVENT_LEN 64
#define RF_COMMAND_LEN 128
#define RF_BUFFER_ALIGN 64
#define RF_IO_BLOCK_LEN 32

/* What kind of event: `rf_event.kind`. Pass over those that you do not know. */
#define RF_KIND_ACCEPTED 1
#define RF_KIND_REJECTED 2
#define RF_KIND_FILLED 3
#define RF_KIND_CANCELED 4
#define RF_KIND_REPLACED 5
#define RF_KIND_TRIGGERED 6
#define RF_KIND_TRADE 16
#define RF_KIND_ADD 17
#define RF_KIND_EXECUTE 18
#define RF_KIND_REDUCE 19
#define RF_KIND_DELETE 20
#define RF_KIND_LEVEL 21
#define RF_KIND_BBO 22
#define RF_KIND_PHASE 23
#define RF_KIND_INDICATIVE 24
#define RF_KIND_UNCROSSED 25
#define RF_KIND_RENAME 26
#define RF_KIND_TIMER 32

/* Bits of `rf_event.flags`, where they are not a number. */
#define RF_EVENT_HAS_PRICE 1
#define RF_EVENT_HAS_ASK 2
#define RF_EVENT_KEPT_PRIORITY 4
#define RF_EVENT_HAS_TAKER 8
#define RF_EVENT_LIQUIDITY_SHIFT 8

/* What a command asks for: `rf_command.op`. */
#define RF_OP_NEW 3
#define RF_OP_CANCEL 4
#define RF_OP_REDUCE 5
#define RF_OP_REPLACE 6
#define RF_OP_QUOTE 7
#define RF_OP_MASS_CANCEL 8
#define RF_OP_KILL 9

#define RF_BUY 0
#define RF_SELL 1

/* `rf_command.order_type` */
#define RF_TYPE_LIMIT 0
#define RF_TYPE_MARKET 1
#define RF_TYPE_MARKET_TO_LIMIT 2
#define RF_TYPE_STOP 3
#define RF_TYPE_STOP_LIMIT 4
#define RF_TYPE_TRAILING_STOP 5
#define RF_TYPE_TRAILING_STOP_LIMIT 6
#define RF_TYPE_PEGGED 7
#define RF_TYPE_ICEBERG 8

/* `rf_command.tif` */
#define RF_TIF_GTC 0
#define RF_TIF_DAY 1
#define RF_TIF_GTD 2
#define RF_TIF_IOC 3
#define RF_TIF_FOK 4
#define RF_TIF_AT_OPEN 5
#define RF_TIF_AT_CLOSE 6
#define RF_TIF_AUCTION 7

/* `rf_command.stp` */
#define RF_STP_NONE 0
#define RF_STP_CANCEL_TAKER 1
#define RF_STP_CANCEL_MAKER 2
#define RF_STP_CANCEL_BOTH 3
#define RF_STP_DECREMENT 4

/* `rf_command.peg` */
#define RF_PEG_PRIMARY 0
#define RF_PEG_MARKET 1
#define RF_PEG_MIDPOINT 2

/* `flags` of RF_KIND_REJECTED: why */
#define RF_REJECT_DUPLICATE_ORDER_ID 1
#define RF_REJECT_UNKNOWN_ORDER 2
#define RF_REJECT_UNKNOWN_INSTRUMENT 3
#define RF_REJECT_UNKNOWN_ACCOUNT 4
#define RF_REJECT_ZERO_QTY 5
#define RF_REJECT_BAD_PRICE 6
#define RF_REJECT_BAD_TICK 7
#define RF_REJECT_BAD_LOT 8
#define RF_REJECT_BAD_COMBINATION 9
#define RF_REJECT_POST_ONLY 10
#define RF_REJECT_PRICE_BAND 11
#define RF_REJECT_COLLAR 12
#define RF_REJECT_MAX_ORDER_QTY 13
#define RF_REJECT_MAX_ORDER_NOTIONAL 14
#define RF_REJECT_MAX_OPEN_ORDERS 15
#define RF_REJECT_MAX_OPEN_QTY 16
#define RF_REJECT_MAX_POSITION 17
#define RF_REJECT_MAX_MESSAGES 18
#define RF_REJECT_INSUFFICIENT_FUNDS 19
#define RF_REJECT_BLOCKED 20
#define RF_REJECT_HALTED 21
#define RF_REJECT_CLOSED 22
#define RF_REJECT_PHASE 23
#define RF_REJECT_CAPACITY 24
#define RF_REJECT_REDUCE_ONLY 25

/* `flags` of RF_KIND_CANCELED: why */
#define RF_REASON_USER 1
#define RF_REASON_IOC 2
#define RF_REASON_FOK 3
#define RF_REASON_NO_LIQUIDITY 4
#define RF_REASON_STP 5
#define RF_REASON_OCO 6
#define RF_REASON_PARENT 7
#define RF_REASON_MASS 8
#define RF_REASON_KILL 9
#define RF_REASON_MMP 10
#define RF_REASON_QUOTE 11
#define RF_REASON_EXPIRED 12
#define RF_REASON_POST_ONLY 13
#define RF_REASON_MIN_QTY 14
#define RF_REASON_HALTED 15
#define RF_REASON_AUCTION_END 16
#define RF_REASON_REDUCE_ONLY 17
#define RF_REASON_INSUFFICIENT_FUNDS 18

/* `flags` of RF_KIND_PHASE */
#define RF_PHASE_CLOSED 0
#define RF_PHASE_PRE_OPEN 1
#define RF_PHASE_AUCTION 2
#define RF_PHASE_CONTINUOUS 3
#define RF_PHASE_HALTED 4

/* `flags` of RF_KIND_FILLED, shifted right by RF_EVENT_LIQUIDITY_SHIFT */
#define RF_LIQUIDITY_MAKER 0
#define RF_LIQUIDITY_TAKER 1
#define RF_LIQUIDITY_AUCTION 2

/* Bits of `rf_command.flags`. */
#define RF_COMMAND_HIDDEN 1
#define RF_COMMAND_ALL_OR_NONE 2
#define RF_COMMAND_POST_ONLY 4
#define RF_COMMAND_SLIDE 8
#define RF_COMMAND_REDUCE_ONLY 16
#define RF_COMMAND_HAS_PRICE 32
#define RF_COMMAND_HAS_LIMIT 64
#define RF_COMMAND_NOTIONAL 128
#define RF_COMMAND_QTY_TOTAL 256
#define RF_COMMAND_QTY_OPEN 512
#define RF_COMMAND_HAS_ACCOUNT 1024
#define RF_COMMAND_HAS_INSTRUMENT 2048
#define RF_COMMAND_HAS_SIDE 4096
#define RF_COMMAND_HAS_TRIGGER 8192

/* `level` of `rf_log`. */
#define RF_LEVEL_ERROR 1
#define RF_LEVEL_WARN 2
#define RF_LEVEL_INFO 3
#define RF_LEVEL_DEBUG 4

/* Where the buffers are: a static of the guest's, which the host reads once. */
typedef struct rf_io_block {
    uint32_t magic; /* RF_MAGIC */
    uint16_t major; /* RF_MAJOR */
    uint16_t minor; /* RF_MINOR */
    uint32_t events_off;
    uint32_t events_cap; /* in records */
    uint32_t commands_off;
    uint32_t commands_cap; /* in records */
    uint16_t event_stride; /* RF_EVENT_LEN */
    uint16_t command_stride; /* RF_COMMAND_LEN */
    uint32_t flags; /* 0 */
} rf_io_block;

typedef struct rf_event {
    uint8_t kind;
    uint8_t side;
    uint16_t flags;
    uint32_t instrument;
    uint64_t seq;
    uint64_t at_ns;
    uint64_t order_id;
    int64_t price;
    uint64_t qty;
    uint64_t aux0;
    uint64_t aux1;
} rf_event;

/* What a command does not use is zero. */
typedef struct rf_command {
    uint8_t op;
    uint8_t side;
    uint8_t order_type;
    uint8_t tif;
    uint16_t flags;
    uint8_t stp;
    uint8_t peg;
    uint32_t instrument;
    uint32_t account; /* ignored from a guest */
    uint32_t stp_group;
    uint32_t reserved;
    uint64_t id;
    uint64_t new_id;
    int64_t price;
    uint64_t qty;
    int64_t trigger;
    int64_t limit;
    uint64_t display;
    uint64_t min_qty;
    int64_t offset;
    uint64_t expire_at_ns;
    uint64_t group;
    uint64_t parent;
    uint64_t tag;
} rf_command;

_Static_assert(sizeof(rf_io_block) == RF_IO_BLOCK_LEN, "rf_io_block");
_Static_assert(sizeof(rf_event) == RF_EVENT_LEN, "rf_event");
_Static_assert(sizeof(rf_command) == RF_COMMAND_LEN, "rf_command");

#ifdef __wasm__
#define RF_EXPORT(name) __attribute__((export_name(name)))
#define RF_IMPORT(name) __attribute__((import_module("ringfence_1"), import_name(name)))
/* RF_MANIFEST("{...}"); puts the manifest, a string in JSON, into the module; once, outside of functions. */
#define RF_MANIFEST(json) \
    __asm__(".section .custom_section.ringfence.manifest,\"\",@\n.ascii " #json "\n.text\n")
#else
#define RF_EXPORT(name)
#define RF_IMPORT(name)
#define RF_MANIFEST(json) _Static_assert(sizeof(json) > 1, "RF_MANIFEST")
#endif

/* To be defined by the guest. A pointer is an address in the guest's memory. */
RF_EXPORT("rf_abi_version") int32_t rf_abi_version(void);
RF_EXPORT("rf_io") rf_io_block *rf_io(void);
RF_EXPORT("rf_init") int32_t rf_init(const char *params, uint32_t len);
RF_EXPORT("rf_on_events") int32_t rf_on_events(const rf_event *events, uint32_t count);

/* May be defined by the guest. */
RF_EXPORT("rf_timer") void rf_timer(int64_t at_ns);
RF_EXPORT("rf_export") int32_t rf_export(void *to, uint32_t cap);
RF_EXPORT("rf_import") int32_t rf_import(const void *from, uint32_t len, uint32_t from_version);
RF_EXPORT("rf_shutdown") void rf_shutdown(void);

/* What the host offers. The manifest lists those that the guest uses. */
RF_IMPORT("log") void rf_log(int32_t level, const char *text, uint32_t len);
RF_IMPORT("panic") void rf_panic(const char *text, uint32_t len, int32_t line, int32_t col);
RF_IMPORT("time_ns") int64_t rf_time_ns(void);
RF_IMPORT("rand64") int64_t rf_rand64(void);
RF_IMPORT("metric") void rf_metric(int32_t id, int64_t value);
/* 0: queued. -1: the call may ask for no more; -2: not one record; -3: never a command (unknown operation, unused
   parts that are not 0, an order for no lots); -4: not in a call with events or a timer. */
RF_IMPORT("submit") int32_t rf_submit(const rf_command *command, uint32_t len);

#endif
