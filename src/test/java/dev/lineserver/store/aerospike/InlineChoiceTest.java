package dev.lineserver.store.aerospike;

import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class InlineChoiceTest {
    private static final int KEYS = 16;

    private final InlineChoice choice = new InlineChoice();

    /** Sends batches, one after the other. Returns how many of them went inline. */
    private int send(int batches, long inlineNanos, long spreadNanos) {
        int wentInline = 0;
        for (int i = 0; i < batches; i++) {
            boolean inline = choice.next();
            choice.took(inline, KEYS, KEYS * (inline ? inlineNanos : spreadNanos));
            wentInline += inline ? 1 : 0;
        }
        return wentInline;
    }

    @Test
    void bothWaysAreTriedFirst() {
        assertTrue(choice.next());
        choice.took(true, KEYS, 1);
        assertFalse(choice.next());
    }

    @Test
    void theSoonerWayIsTakenAndTheOtherTriedNowAndThen() {
        int trials = 10;
        int batches = 2 + trials * InlineChoice.BATCHES_PER_TRIAL;
        assertEquals(batches - 1 - trials, send(batches, 1_000, 2_000));
        assertEquals(batches - 1 - trials, new InlineChoiceTest().send(batches, 1_000, 600), "not sooner by enough");
        assertEquals(batches - 1 - trials, new InlineChoiceTest().send(batches, 1_000, 9_000));
        assertEquals(1 + trials, new InlineChoiceTest().send(batches, 9_000, 1_000));
    }

    /** As on a machine whose cores are all busy. */
    @Test
    void batchesThatHadToWaitForACoreDoNotMakeADeviceSlow() {
        Random random = new Random(1);
        int wentInline = 0;
        int batches = 100_000;
        for (int i = 0; i < batches; i++) {
            wentInline += send(1, random.nextInt(10) == 0 ? 20_000 : 1_000, random.nextInt(10) == 0 ? 20_000 : 900);
        }
        assertTrue(wentInline > 0.99 * batches, wentInline + " of " + batches);
    }

    @Test
    void aDeviceThatBecomesSlowAndFastAgainIsNoticed() {
        send(1_000, 1_000, 5_000);
        assertTrue(send(1_000, 100_000, 5_000) < 20);
        int few = 20 * InlineChoice.BATCHES_PER_TRIAL;
        send(few, 1_000, 5_000);
        assertTrue(send(1_000, 1_000, 5_000) > 990);
    }
}
