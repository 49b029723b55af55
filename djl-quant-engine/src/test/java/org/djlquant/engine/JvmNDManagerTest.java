package org.djlquant.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class JvmNDManagerTest {
    private final NDManager manager = JvmNDManager.system().newSubManager(Device.cpu());

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void arraysComeBackAsTheyWentIn() {
        assertArrayEquals(new float[] {1, -2, 3}, manager.create(new float[] {1, -2, 3}).toFloatArray());
        NDArray ids = manager.create(new long[] {1, 2, 3, 4}, new Shape(2, 2));
        assertEquals(new Shape(2, 2), ids.getShape());
        assertEquals(DataType.INT64, ids.getDataType());
        assertArrayEquals(new long[] {1, 2, 3, 4}, ids.toLongArray());
        assertArrayEquals(new boolean[] {true, false}, manager.create(new boolean[] {true, false}).toBooleanArray());
        assertArrayEquals(new float[] {1, 1}, manager.ones(new Shape(2)).toFloatArray());
        assertArrayEquals(new int[] {2, 3}, manager.arange(2, 4, 1, DataType.INT32).toIntArray());
        assertArrayEquals(new float[] {7, 7}, manager.full(new Shape(2), 7, DataType.FLOAT32).toFloatArray());
    }

    @Test
    void shapesAndTypesChange() {
        NDArray x = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));
        assertEquals(new Shape(3, 2), x.reshape(-1, 2).getShape());
        assertEquals(new Shape(6), x.flatten().getShape());
        assertEquals(new Shape(2, 1, 3), x.expandDims(1).getShape());
        assertEquals(new Shape(2, 3, 1), x.expandDims(-1).getShape());
        assertEquals(new Shape(2, 3), x.expandDims(0).squeeze(0).getShape());
        assertThrows(IllegalArgumentException.class, () -> x.reshape(4, 2));
        assertThrows(IllegalArgumentException.class, () -> x.squeeze(1));
        assertArrayEquals(new long[] {1, 2, 3, 4, 5, 6}, x.toType(DataType.INT64, false).toLongArray());
        NDArray half = x.toType(DataType.FLOAT16, false);
        assertEquals(12, half.toByteBuffer().remaining());
        assertArrayEquals(x.toFloatArray(), half.toFloatArray());
    }

    @Test
    void listsTravelThroughTheirSerializedForm() {
        NDList list = new NDList(manager.create(new float[] {1, 2}), manager.create(new long[] {3}));
        NDList back = NDList.decode(manager, list.encode());
        assertArrayEquals(new float[] {1, 2}, back.get(0).toFloatArray());
        assertArrayEquals(new long[] {3}, back.get(1).toLongArray());
    }

    @Test
    void missingOperatorsNameTheDependency() {
        NDArray x = manager.create(new float[] {1, 2});
        List<Executable> operators = List.of(
                () -> x.add(1),
                () -> x.addi(x),
                () -> x.softmax(0),
                () -> x.argMax(),
                () -> x.topK(1, 0),
                () -> x.get(0),
                () -> x.getNDArrayInternal(),
                () -> manager.randomUniform(0, 1, new Shape(1)),
                () -> manager.eye(2));
        for (Executable operator : operators) {
            String message = assertThrows(UnsupportedOperationException.class, operator).getMessage();
            assertTrue(message.contains("ai.djl.pytorch:pytorch-engine"), message);
        }
    }

    @Test
    void closingTheManagerClosesItsArrays() {
        NDManager child = manager.newSubManager();
        NDArray x = child.create(new float[] {1});
        child.close();
        assertTrue(x.isReleased());
        assertThrows(IllegalStateException.class, x::toFloatArray);
    }
}
