package org.djlquant.zoo;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.nio.file.Path;
import java.util.Map;
import org.djlquant.engine.QuantModel;
import org.djlquant.zoo.fetch.HubReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches a zoo model from the Hugging Face hub. DJL calls block factories right before it loads a
 * model, which is the only step of {@code djl://} URLs that a zoo can take part in; this one makes no
 * block, it tells the model where its checkpoint is. Arguments {@code revision} and {@code file} of the
 * Criteria choose another revision or file than the zoo's.
 */
public final class HubModel implements BlockFactory {
    /** Argument with the zoo's choice of repository and file. */
    static final String REFERENCE = "hub";

    private static final long serialVersionUID = 1L;
    private static final Logger LOGGER = LoggerFactory.getLogger(HubModel.class);

    /** Fetches the checkpoint, which may take long the first time, and returns {@code null}. */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
        HubReference zoo = HubReference.parse((String) arguments.get(REFERENCE));
        HubReference wanted = new HubReference(
                zoo.repository(),
                arguments.get("revision") instanceof String revision ? revision : zoo.revision(),
                arguments.get("file") instanceof String file ? file : zoo.file());
        LOGGER.info("Fetching {} unless it is in the cache", wanted);
        model.setProperty(QuantModel.CHECKPOINT, HubRepository.fetch(wanted, null).toString());
        return null;
    }
}
