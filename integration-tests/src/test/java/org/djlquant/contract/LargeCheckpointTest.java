package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors that lie, begin and end beyond 2^31 and 2^32 bytes, in sparse files that take no disk space. */
class LargeCheckpointTest {
    private static final int COLS = 4096;
    /** 2.25 GiB of float32. */
    private static final int ROWS = 147_456;

    private static final long BIG = 4L * ROWS * COLS;

    @TempDir
    Path folder;

    /** Three tensors: big, big, and a vector of four after more than 2^32 bytes. */
    private Path sparse(String name, byte[] header, long dataStart) throws IOException {
        Path file = folder.resolve(name);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(dataStart + 2 * BIG + 16);
            out.write(header);
            writeFloat(out, dataStart + BIG - 4, 1.5f);
            writeFloat(out, dataStart + BIG, 2.5f);
            writeFloat(out, dataStart + 2 * BIG - 4, 3.5f);
            writeFloat(out, dataStart + 2 * BIG + 12, 4.5f);
        }
        return file;
    }

    private static void writeFloat(RandomAccessFile out, long at, float value) throws IOException {
        out.seek(at);
        out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    }

    private static void check(Path file) throws IOException {
        assertTrue(Files.size(file) > 1L << 32);
        assertTimeout(Duration.ofSeconds(20), () -> {
            try (Checkpoint checkpoint = Checkpoints.open(file)) {
                float[] row = new float[COLS];
                WeightMatrix one = checkpoint.matrix("one");
                assertEquals(BIG, one.byteSize());
                one.decodeRow(ROWS - 1, row, 0);
                assertEquals(1.5f, row[COLS - 1]);
                WeightMatrix two = checkpoint.matrix("two");
                two.decodeRow(0, row, 0);
                assertEquals(2.5f, row[0]);
                two.decodeRow(ROWS - 1, row, 0);
                assertEquals(3.5f, row[COLS - 1]);
                assertArrayEquals(new float[] {0, 0, 0, 4.5f}, checkpoint.vector("last", 4));
            }
        });
    }

    @Test
    void gguf() throws IOException {
        byte[] header = Bytes.gguf(3, 3, 0)
                .tensor("one.weight", 0, 0, COLS, ROWS)
                .tensor("two.weight", 0, BIG, COLS, ROWS)
                .tensor("last", 0, 2 * BIG, 4)
                .pad(32)
                .array();
        check(sparse("large.gguf", header, header.length));
    }

    @Test
    void safetensors() throws IOException {
        String json = String.format(
                "{\"one.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]},"
                        + "\"two.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]},"
                        + "\"last\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[%d,%d]}}",
                ROWS, COLS, BIG, ROWS, COLS, BIG, 2 * BIG, 2 * BIG, 2 * BIG + 16);
        byte[] header = new Bytes()
                .u64(json.length())
                .raw(json.getBytes(StandardCharsets.UTF_8))
                .array();
        check(sparse("large.safetensors", header, header.length));
    }
}
