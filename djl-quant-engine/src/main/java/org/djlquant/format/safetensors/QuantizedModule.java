package org.djlquant.format.safetensors;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.djlquant.format.StoredTensors;
import org.djlquant.format.StrictJson;
import org.djlquant.format.TensorInfo;
import org.djlquant.quant.Settings;
import org.djlquant.quant.StoredModule;

/**
 * A module of a safetensors checkpoint, for schemes that store a matrix as several tensors.
 *
 * @param name name of the module
 * @param tensors all tensors of the checkpoint
 * @param config the quantization settings
 */
record QuantizedModule(String name, StoredTensors tensors, Settings config) implements StoredModule {
    @Override
    public Tensor tensor(String part) {
        TensorInfo info = tensors.all().get(name + "." + part);
        return info == null ? null : new Tensor(info.name(), info.type(), info.shape(), tensors.bytes(info));
    }

    @Override
    public Settings json(Tensor tensor) {
        TensorInfo info = tensors.require(tensor.name());
        String text = new String(tensor.data().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        return StrictJson.metadata(info.file(), StrictJson.object(info.file(), text));
    }
}
